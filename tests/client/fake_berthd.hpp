#pragma once

#include "client/fake_objects.hpp"
#include "client/fake_seat.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace berth::testing {

struct FakeCall {
    std::string member;
    std::string object; ///< a path's last part
    nlohmann::json arguments;
};

/// berthd's bus side as far as clients are concerned, on the test's io_context; a client's command is a real child
/// process with the caller's descriptors.
class FakeBerthd {
  public:
    FakeBerthd(boost::asio::io_context& io, const std::string& address);
    ~FakeBerthd();
    FakeBerthd(const FakeBerthd&) = delete;
    FakeBerthd& operator=(const FakeBerthd&) = delete;

    FakeClient& add_client(ClientFacts facts);

    /// Gives the bus name up, as a berthd that dies.
    void leave();

    /// Lets what stayed in preparation go on, see `prepares`.
    void go_on();

    /// Runs the io_context until that was called so often.
    bool called(const std::string& member, std::size_t count = 1);

    [[nodiscard]] std::vector<FakeCall> calls(const std::string& member) const;

    // The script.
    std::map<std::string, std::pair<std::string, std::string>> refusals; ///< by member: an error's name and message
    std::string job_error;                                               ///< of Run and Exec, in place of running
    bool prepares{false};                                                ///< Run's client is not running until go_on()
    bool unanswered{false};                                              ///< Run is answered by go_on()
    std::string written{"a line\n"};                                     ///< what Logs finds

    // For the objects.
    void note(const std::string& member, const std::string& object, nlohmann::json arguments);

    /// Has it been refused?
    template <class Result>
    bool refuse(const std::string& member, Result& result) {
        const auto found = refusals.find(member);
        if (found == refusals.end()) {
            return false;
        }
        result.returnError(
            bus::compat::make_error("org.berth.Berth1.Error." + found->second.first, found->second.second));
        return true;
    }

    void run(JobResult&& result, const std::string& app, const Strings& argv, const Values& options);
    void exec(JobResult&& result, FakeClient& client, const Strings& argv, const Values& options, Streams streams);
    void stop(JobResult&& result, FakeClient& client, unsigned timeout_ms);
    void logs(JobResult&& result, FakeClient& client, bool follow, const Streams& streams);
    void snapshot(JobResult&& result, FakeClient& client);
    void cancel(FakeJob& job);
    void signal(FakeClient& client, int number);

    [[nodiscard]] const FakeSeat& seat() const noexcept { return seat_; }

    [[nodiscard]] FakeClient* client(const std::string& name) const;

  private:
    FakeJob& add_job(const std::string& kind, const std::string& client);
    FakeJob* job_of(const std::string& client) const;
    void begin(FakeJob& job, FakeClient* client, const Strings& argv, const Values& options, Streams streams);
    void end(unsigned job, const std::string& result, const std::string& error, int code);
    void client_ended(const std::string& path, int code);
    void serve();
    void later(std::function<void()> work);

    boost::asio::io_context& io_;
    std::unique_ptr<sdbus::IConnection> connection_;
    std::unique_ptr<FakeManager> manager_;
    FakeSeat seat_;
    std::map<std::string, std::unique_ptr<FakeClient>> clients_; ///< by path
    std::map<unsigned, std::unique_ptr<FakeJob>> jobs_;
    std::unique_ptr<boost::asio::posix::stream_descriptor> readable_;
    std::vector<FakeCall> calls_;
    std::function<void()> held_;
    unsigned last_job_{0};
};

} // namespace berth::testing
