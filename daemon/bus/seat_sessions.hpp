#pragma once

#include "bus/bus_connection.hpp"
#include "ports/seat_ports.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace berth::bus {

/// ports::SeatSessions by the host's service manager: one unit berth-seat@SEAT.service a seat, started and stopped over
/// org.freedesktop.systemd1(5). The unit is the session's leader and outlives berthd. One thread: the io_context's.
class SeatSessions final : public ports::SeatSessions {
  public:
    /// `lost`: the unit of a taken session ended though nobody released it; called once a session, with a sentence.
    using Lost = std::function<void(const model::SeatName& seat, const std::string& reason)>;

    /// `seats`: those that are known already; what the bus is asked to tell of them is settled here, at the start,
    /// since that waits for the bus. Of a seat that comes later it is settled by the first call. `connection` outlives
    /// it.
    SeatSessions(BusConnection& connection, const std::vector<model::SeatName>& seats, Lost lost);
    ~SeatSessions() override;
    SeatSessions(const SeatSessions&) = delete;
    SeatSessions& operator=(const SeatSessions&) = delete;

    /// failed where the service manager refuses, or there is none.
    void ask(const model::SeatName& seat, Done<void> done) override;

    /// failed with the unit's own reason (its exit status, daemon/login1_bus/end.hpp), or how its start ended.
    void await(const model::SeatName& seat, Done<void> done) override;

    /// A unit that is not active any more is told as lost, with its exit status's reason.
    void adopt(const model::SeatName& seat, Done<void> done) override;

    /// Ok too where there is no service manager on this bus, since then there is no unit.
    void release(const model::SeatName& seat, Done<void> done) override;

    /// "berth-seat@seat0.service": a seat's name needs no escaping, and the unit takes its instance as it is (%i).
    static std::string unit_of(const model::SeatName& seat);

    /// What an exit status of berth-seat means, in a sentence.
    static std::string sentence_of(int exit_status);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace berth::bus
