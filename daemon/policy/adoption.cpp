#include "policy/adoption.hpp"

#include "policy/client_adoption.hpp"
#include "policy/seat_rules.hpp"
#include "policy/step_facts.hpp"

namespace berth::policy {

using namespace model;

namespace {

/// The last of them: there is one at most, unless somebody else labels containers so.
const Leftover* leftover_of(const SeatName& seat, const LeftoversFound& event) {
    const Leftover* found = nullptr;
    for (const Leftover& leftover : event.leftovers) {
        found = leftover.seat == seat.value ? &leftover : found;
    }
    return found;
}

const Seat* kept_of(const SeatName& seat, const LeftoversFound& event) {
    const Seat* found = nullptr;
    for (const Seat& kept : event.kept) {
        found = kept.name == seat ? &kept : found;
    }
    return found;
}

bool waits_for_leftovers(const Seat& seat) {
    return seat.state == SeatState::restoring && seat.step == Step::none;
}

bool is_the_one(const Seat& kept, const Leftover& found) {
    return kept.container == found.container && kept.init_pid != 0 && kept.init_pid == found.init_pid;
}

/// The seat's own memory; serials go on, so that no step is mistaken for one of the earlier berthd's.
void remember(Seat& seat, const Seat& kept) {
    seat.serial = StepSerial{kept.serial.value + 1};
    seat.last_failure = kept.failure ? kept.failure : kept.last_failure;
    seat.failed_starts = kept.failed_starts;
}

/// All of what was kept but what belongs to the earlier berthd's own work or is told anew.
void take_back(Seat& seat, const Seat& kept) {
    Seat back = kept;
    back.state = seat.state;
    back.serial = StepSerial{kept.serial.value + 1};
    back.step = Step::none;
    back.job.reset();
    back.next.reset();
    back.leave_after_step = back.retrying = false;
    back.restore_attempts = 0;
    back.devices = std::move(seat.devices);
    back.docks = std::move(seat.docks);
    back.displays = std::move(seat.displays);
    back.reseat_at = 0;
    back.asked.reset(); // whoever was to hear the answer is gone: the desktop is asked again
    back.announced = seat.announced;
    back.gone = seat.gone;
    seat = std::move(back);
}

void go_on(Ledger& ledger, Seat& seat, const Seat& kept, const Leftover& found) {
    take_back(seat, kept);
    seat.now = false;
    seat.failure.reset();
    seat.paused = found.paused;
    ledger.enter(seat, seat.paused ? SeatState::frozen : SeatState::seated, "berthd started anew; the desktop goes on");
    seat.since = kept.since;
    ledger.emit(WatchInit{seat.name, seat.init_pid});
    run_in_place(ledger, seat, Step::adopt, {});
}

/// A claim, door or session of which nothing is known is all zero: undoing what is not there is nothing.
void assume_all(Seat& seat) {
    seat.door = DoorPaths{};
    if (seat.vt || !has_terminals(seat.name)) {
        seat.lease = SeatLease{};
    }
}

void end_what_is_left(Ledger& ledger, Seat& seat, const Seat* kept, const Leftover* found) {
    const bool at_work = kept != nullptr && !is_at_rest(*kept);
    if (at_work) {
        take_back(seat, *kept);
        assume_done(seat, kept->step);
        if (kept->step == Step::restore_tty && !seat.vt) {
            seat.vt = VtClaim{}; // One that was restored without a desktop: which it was is found anew.
        }
    } else if (kept != nullptr) {
        remember(seat, *kept);
    }
    if (found != nullptr) {
        seat.container = found->container;
        if (!seat.vt && found->vt.vt != 0) {
            seat.vt = found->vt;
        }
    }
    if (!at_work) {
        assume_all(seat);
    }
    seat.init_pid = found == nullptr ? 0 : found->init_pid;
    seat.paused = found != nullptr && found->paused;
    seat.may_run = !seat.container.empty();
    seat.now = true;
    if (seat.init_pid != 0) {
        ledger.emit(WatchInit{seat.name, seat.init_pid});
    }
    const bool ended = kept != nullptr && is_up(kept->state) && seat.init_pid == 0;
    const std::string sentence = ended ? "The desktop ended while berthd was not running"
                                       : "An earlier berthd left a desktop behind; it was ended";
    leave(ledger, seat, Failure{Step::none, ErrorCode::failed, sentence}, sentence);
}

/// One seat that waits, with what is known of it. It may disappear.
void settle(Ledger& ledger, Seat& seat, const LeftoversFound& event) {
    const Seat* const kept = kept_of(seat.name, event);
    const Leftover* const found = leftover_of(seat.name, event);
    const bool shuts_down = ledger.world().shutting_down && !ledger.world().keeps_desktops;
    if (kept != nullptr && found != nullptr && can_do_without_berthd(*kept) && is_the_one(*kept, *found) &&
        !shuts_down) {
        go_on(ledger, seat, *kept, *found);
        exit_if_all_is_settled(ledger);
    } else if (found != nullptr || (kept != nullptr && !is_at_rest(*kept))) {
        end_what_is_left(ledger, seat, kept, found);
    } else if (kept != nullptr && kept->state == SeatState::held) {
        remember(seat, *kept);
        ledger.enter(seat, SeatState::held, "it was held before berthd started anew");
        exit_if_all_is_settled(ledger);
    } else {
        if (kept != nullptr) {
            remember(seat, *kept);
        }
        vacate(ledger, seat);
    }
}

/// Seats that logind has not announced yet, or does not have any more.
void add_unknown_seats(Ledger& ledger, const LeftoversFound& event, std::vector<SeatName>& waiting) {
    std::vector<SeatName> names;
    for (const Leftover& leftover : event.leftovers) {
        names.emplace_back(leftover.seat);
    }
    for (const Seat& kept : event.kept) {
        if (!is_at_rest(kept)) {
            names.push_back(kept.name);
        }
    }
    for (const SeatName& name : names) {
        if (!name.value.empty() && ledger.find_seat(name) == nullptr) {
            Seat& seat = ledger.add_seat(name, SeatState::restoring);
            seat.announced = seat.gone = true;
            waiting.push_back(name);
        }
    }
}

} // namespace

bool can_do_without_berthd(const Seat& seat) noexcept {
    return is_up(seat.state) && !seat.leave_after_step && seat.plan.has_value();
}

void on_leftovers_found(Ledger& ledger, const LeftoversFound& event) {
    ledger.world().leftovers_asked_for = false;
    std::vector<SeatName> waiting;
    for (const auto& [name, seat] : ledger.world().seats) {
        if (waits_for_leftovers(seat)) {
            waiting.push_back(name);
        }
    }
    add_unknown_seats(ledger, event, waiting);
    for (const SeatName& name : waiting) {
        settle(ledger, *ledger.find_seat(name), event);
    }
    adopt_clients(ledger, event);
}

} // namespace berth::policy
