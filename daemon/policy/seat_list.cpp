#include "policy/seat_list.hpp"

#include "policy/docks.hpp"
#include "policy/seat_rules.hpp"

namespace berth::policy {

using namespace model;

namespace {

Failure removal_of(const SeatName& seat) {
    return Failure{Step::none, ErrorCode::failed,
                   "logind removed seat " + seat.value +
                       ": its last graphics card is gone, or belongs to another seat"};
}

/// A tear-down after which the desktop would have come again ends for good, and says why.
void give_up_return(Seat& seat) {
    if (seat.next) {
        seat.next.reset();
        seat.failure = seat.last_failure = removal_of(seat.name);
    }
}

void end_desktop(Ledger& ledger, Seat& seat) {
    const Failure failure = removal_of(seat.name);
    if (is_up(seat.state) && seat.leave_after_step) {
        give_up_return(seat);
        return;
    }
    if (is_up(seat.state)) {
        ledger.close_job(seat, JobState::failed, failure.message, text_of(failure));
    }
    seat.last_failure = failure; // To be read while the seat is still there.
    leave(ledger, seat, failure, failure.message);
}

} // namespace

void on_configured(Ledger& ledger, const Configured& event) {
    ledger.world().host = event.host;
    ledger.world().last_job = event.last_job;
    ledger.world().leftovers_asked_for = true;
    for (const SeatName& name : event.seats) {
        if (ledger.find_seat(name) == nullptr) {
            ledger.add_seat(name, SeatState::restoring);
            ledger.emit(PublishSeat{name, false, SeatState::restoring, SeatState::restoring, "berthd started"});
        }
    }
    ledger.emit(FindLeftovers{});
}

void on_seat_appeared(Ledger& ledger, const SeatAppeared& event) {
    if (Seat* const known = ledger.find_seat(event.seat)) {
        known->gone = false;
        return;
    }
    if (ledger.world().shutting_down) {
        return;
    }
    const SeatState state = ledger.world().leftovers_asked_for ? SeatState::restoring : SeatState::vacant;
    Seat& seat = ledger.add_seat(event.seat, state);
    seat.announced = true;
    ledger.emit(PublishSeat{event.seat, false, state, state, "logind has the seat"});
    find_docks(ledger, seat);
}

void on_seat_gone(Ledger& ledger, const SeatGone& event) {
    Seat* const seat = ledger.find_seat(event.seat);
    if (seat == nullptr) {
        return;
    }
    seat->gone = seat->announced;
    const bool unsure = seat->last_failure && seat->last_failure->step == Step::restore_tty;
    switch (seat->state) {
    case SeatState::held:
        if (seat->gone && !unsure) {
            vacate(ledger, *seat);
        }
        break;
    case SeatState::vacant:
        if (seat->gone) {
            vacate(ledger, *seat);
        }
        break;
    case SeatState::preparing:
    case SeatState::starting:
    case SeatState::seated:
    case SeatState::frozen:
        end_desktop(ledger, *seat);
        break;
    case SeatState::draining:
    case SeatState::restoring:
        give_up_return(*seat);
        break;
    }
}

} // namespace berth::policy
