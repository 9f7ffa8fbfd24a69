#include "policy/decide.hpp"

#include "base/overloaded.hpp"
#include "policy/call_rules.hpp"
#include "policy/seat_rules.hpp"

#include <algorithm>

namespace berth::policy {

using namespace model;

namespace {

/// Seats begin as `restoring`: until the engine has said what an earlier berthd left, nothing may start on them.
void on_configured(Ledger& ledger, const Configured& event) {
    ledger.world().host = event.host;
    for (const SeatName& name : event.seats) {
        Seat seat;
        seat.name = name;
        seat.state = SeatState::restoring;
        seat.since = ledger.now();
        if (ledger.world().seats.emplace(name, std::move(seat)).second) {
            ledger.emit(PublishSeat{name, false, SeatState::restoring, SeatState::restoring, "berthd started"});
        }
    }
    ledger.emit(FindLeftovers{});
}

void on_leftovers_found(Ledger& ledger, const LeftoversFound& event) {
    for (auto& [name, seat] : ledger.world().seats) {
        if (seat.state != SeatState::restoring || seat.step != Step::none) {
            continue;
        }
        const Leftover* found = nullptr;
        for (const Leftover& leftover : event.leftovers) {
            found = leftover.seat == name.value ? &leftover : found;
        }
        if (found != nullptr) {
            adopt_leftover(ledger, seat, *found);
        } else {
            vacate(ledger, seat);
        }
    }
}

void on_devices_changed(Ledger& ledger, const DevicesChanged& event) {
    Seat* const seat = ledger.find_seat(event.seat);
    if (seat != nullptr && seat->devices != event.devices) {
        seat->devices = event.devices;
        // A card's driver may be loaded after berthd has looked at the host.
        ledger.world().host.graphics |= std::any_of(event.devices.begin(), event.devices.end(),
                                                    [](const auto& node) { return node.starts_with("/dev/dri/card"); });
        ledger.enter(*seat, seat->state, "Devices changed");
    }
}

} // namespace

Decision decide(World world, const Event& event) {
    Ledger ledger{std::move(world), event.at};
    std::visit(Overloaded{
                   [&](const Configured& e) { on_configured(ledger, e); },
                   [&](const LeftoversFound& e) { on_leftovers_found(ledger, e); },
                   [&](const Called& e) { on_called(ledger, e); },
                   [&](const Authorized& e) { on_authorized(ledger, e); },
                   [&](const ProfileRead& e) { on_profile_read(ledger, e); },
                   [&](const StepFinished& e) { on_step_finished(ledger, e); },
                   [&](const InitExited& e) { on_init_exited(ledger, e); },
                   [&](const LeaseLost& e) { on_lease_lost(ledger, e); },
                   [&](const SessionReady& e) { on_session_ready(ledger, e); },
                   [&](const TimerFired& e) { on_timer_fired(ledger, e); },
                   [&](const DevicesChanged& e) { on_devices_changed(ledger, e); },
                   [&](const ShutdownRequested&) { on_shutdown(ledger); },
               },
               event.what);
    return std::move(ledger).take();
}

} // namespace berth::policy
