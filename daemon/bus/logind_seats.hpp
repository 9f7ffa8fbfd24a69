#pragma once

#include "bus/bus_connection.hpp"
#include "model/ids.hpp"

#include <functional>
#include <memory>

namespace berth::bus {

/// The seats of the host's logind (org.freedesktop.login1(5): ListSeats, SeatNew, SeatRemoved), as far as somebody on
/// this bus is logind. One that is restarted is asked anew, and what differs is told. One thread: the io_context's.
class LogindSeats {
  public:
    using Told = std::function<void(const model::SeatName& seat)>;

    /// `appeared` and `gone` take turns for each seat, `appeared` first. Subscribing waits for the bus, so this is for
    /// the start; the seats come from the io_context. `connection` outlives it.
    LogindSeats(BusConnection& connection, Told appeared, Told gone);
    ~LogindSeats();
    LogindSeats(const LogindSeats&) = delete;
    LogindSeats& operator=(const LogindSeats&) = delete;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace berth::bus
