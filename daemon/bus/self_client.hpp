#pragma once

#include "base/unique_fd.hpp"
#include "bus/asio_bus.hpp"
#include "bus/sd_bus.hpp"
#include "bus/self_service.hpp"

#include <boost/asio/io_context.hpp>

#include <map>
#include <memory>

namespace berth::bus {

/// One connection to a container's Self socket: sd-bus in server mode (sd_bus_set_server(3)). It answers Hello and what
/// clients ask the bus driver before their first call, so busctl, gdbus and libdbus work as on any bus.
class SelfClient {
  public:
    /// Takes the accepted, non-blocking socket. `service` must outlive this, and does not destroy it from inside a
    /// call. `on_end`: the peer left or misbehaved; never called from inside the constructor. Throws std::runtime_error
    /// when sd-bus cannot be set up.
    SelfClient(boost::asio::io_context& io, UniqueFd socket, SelfService& service, unsigned number,
               AsioBus::Lost on_end);
    ~SelfClient();
    SelfClient(const SelfClient&) = delete;
    SelfClient& operator=(const SelfClient&) = delete;

    [[nodiscard]] SelfService& service() const noexcept { return service_; }

    [[nodiscard]] unsigned number() const noexcept { return peer_.connection; }

    /// A whole message came in.
    void note_message() noexcept { steps_without_message_ = 0; }

    /// Puts a Request, Release, Open* or Run to the policy; 1, or what sd_bus_error_set() returns.
    int ask(sd_bus_message* call, sd_bus_error* error, SelfAsk what);

    /// Answers one of those; `opened`: what the reply to an Open* carries. A token that does not wait here is ignored.
    void answer(const model::Reply& reply, const UniqueFd& opened);

  private:
    bool process();

    SelfService& service_;
    SelfPeer peer_;
    unsigned steps_without_message_{0};
    OwnedBus bus_;
    std::map<model::CallToken, OwnedMessage> waiting_; ///< calls, without what they carried
    std::unique_ptr<AsioBus> loop_;                    // after the bus that it polls: goes first
};

} // namespace berth::bus
