#pragma once

#include "base/unique_fd.hpp"
#include "bus/asio_bus.hpp"
#include "bus/sd_bus.hpp"
#include "model/event.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace berth::bus {

/// What every client of one seat's socket is served with.
struct SelfService {
    model::SeatName seat;
    std::map<std::string, std::string> describe;
    std::function<void(model::Happening)> post;
};

/// One connection to a seat's Self socket: sd-bus in server mode (sd_bus_set_server(3)). It answers Hello and what
/// clients ask the bus driver before their first call, so busctl, gdbus and libdbus work as on any bus.
class SelfClient {
  public:
    /// Takes the accepted, non-blocking socket. `service` must outlive this. `on_end`: the peer left or misbehaved;
    /// never called from inside the constructor. Throws std::runtime_error when sd-bus cannot be set up.
    SelfClient(boost::asio::io_context& io, UniqueFd socket, const SelfService& service, unsigned number,
               AsioBus::Lost on_end);
    ~SelfClient();
    SelfClient(const SelfClient&) = delete;
    SelfClient& operator=(const SelfClient&) = delete;

    [[nodiscard]] const SelfService& service() const noexcept { return service_; }

    [[nodiscard]] unsigned number() const noexcept { return number_; }

    /// A whole message came in.
    void note_message() noexcept { steps_without_message_ = 0; }

  private:
    bool process();

    const SelfService& service_;
    unsigned number_;
    unsigned steps_without_message_{0};
    OwnedBus bus_;
    std::unique_ptr<AsioBus> loop_; // after the bus that it polls: goes first
};

} // namespace berth::bus
