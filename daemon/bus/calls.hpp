#pragma once

#include "base/result.hpp"
#include "bus/bus_connection.hpp"
#include "bus/client_options.hpp"
#include "bus/sdbus_compat.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "ports/client_ports.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace berth::bus {

using Post = std::function<void(model::Happening)>;

/// The calls that wait for the policy: each gets a token, its caller is looked up, it is posted, and its reply goes out
/// when the policy has decided. Descriptors that come with one are kept for the effect that uses them.
class Calls final : public ports::CallerStreams {
  public:
    using JobResult = sdbus::Result<sdbus::ObjectPath>;
    using PlainResult = sdbus::Result<>;
    using ValuesResult = sdbus::Result<std::map<std::string, sdbus::Variant>>;

    Calls(BusConnection& bus, Post post);

    /// Posts a Called; a request that is already an Error is answered at once. `sender`: the message's, as the bus set
    /// it.
    void accept(JobResult result, const std::string& sender, const Result<model::Request>& request);
    void accept(PlainResult result, const std::string& sender, const Result<model::Request>& request);

    /// Answered with "environment".
    void accept(ValuesResult result, const std::string& sender, const Result<model::Request>& request);

    /// The descriptors wait under the call's token until an effect takes them; a refusal drops them.
    void accept_streamed(JobResult result, const std::string& sender, Result<StreamedRequest> request);

    Result<ports::Stdio> take(model::CallToken token) override;
    void drop(model::CallToken token) override;

    /// Several requests behind one call: it is answered when all are, with the first refusal if there is one.
    void accept_all(PlainResult result, const std::string& sender, const std::vector<model::Request>& requests);

    /// Asks the bus for the caller's uid, without waiting, or knows it: a unique name is never given to another
    /// connection (D-Bus specification, "Unique Connection Name"). What one caller asks for is told in the order in
    /// which it asked. A failed look-up gives the uid that has no rights.
    void identify(const std::string& sender, std::function<void(model::Caller)> known);

    /// Answers a call; a token that is not waiting is ignored.
    void reply(const model::Reply& reply);

  private:
    /// One call that stands for several.
    struct Group {
        PlainResult result;
        std::size_t missing{0};
        bool answered{false};
    };

    /// What is known of a sender.
    struct Sender {
        std::optional<std::uint32_t> uid;
        std::size_t asked{0}; ///< look-ups without an answer: nothing that comes later may overtake them
    };

    using Waiting = std::variant<JobResult, PlainResult, ValuesResult, std::shared_ptr<Group>>;

    model::CallToken next_token();
    void post_call(model::CallToken token, Waiting waiting, const std::string& sender, const model::Request& request);

    BusConnection& bus_;
    Post post_;
    std::unique_ptr<sdbus::IProxy> driver_;
    std::map<model::CallToken, Waiting> waiting_;
    std::map<model::CallToken, ports::Stdio> streams_;
    std::map<std::string, Sender> senders_;                    ///< by unique name
    std::shared_ptr<bool> here_{std::make_shared<bool>(true)}; ///< what waits on the io_context may outlive this
    std::uint64_t last_token_{0};
};

} // namespace berth::bus
