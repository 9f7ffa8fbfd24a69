#include "support/surroundings.hpp"

#include "base/overloaded.hpp"
#include "model/json.hpp"
#include "policy/adoption.hpp"
#include "policy/decide.hpp"
#include "policy/step_table.hpp"
#include "support/builders.hpp"

namespace berth::test {

using namespace model;

namespace {

constexpr Microseconds start_of_time = 1'000'000'000;

bool makes_something(Step step) {
    return step == Step::claim_vt || step == Step::open_door || step == Step::lease_seat || step == Step::create;
}

/// Failures that the policy treats alike.
int kind_of(const std::optional<Failure>& failure) {
    if (!failure) {
        return 0;
    }
    if (failure->step == Step::restore_tty) {
        return 1;
    }
    if (failure->step == Step::lease_seat && failure->code != ErrorCode::cancelled) {
        return 7;
    }
    if (policy::row_of(failure->step).chain == policy::StepRow::Chain::down) {
        return failure->code == ErrorCode::cancelled ? 2 : 3;
    }
    if (failure->code == ErrorCode::cancelled) {
        return 4;
    }
    const bool started =
        failure->step == Step::start || failure->step == Step::await_session || failure->step == Step::probe_shell;
    return started ? 5 : 6;
}

} // namespace

Surroundings::Surroundings(const std::vector<SeatName>& seats, const std::vector<SeatName>& announced)
    : now_{start_of_time}, last_job_{0} {
    for (const SeatName& name : seats) {
        sides_[name];
    }
    for (const SeatName& name : announced) {
        sides_[name].of_logind = true;
    }
    static_cast<void>(take(Event{now_, Configured{seats, a_host()}}));
}

std::vector<std::string> Surroundings::crashes(Remains remains) {
    LeftoversFound found;
    std::vector<SeatName> names;
    for (auto& [name, side] : sides_) {
        const auto seat = world_.seats.find(name);
        const Step doing = side.running ? side.running->step : Step::none;
        side.vt_claimed = side.vt_claimed || doing == Step::claim_vt; // It may have been done, though nobody was told.
        side.leased = side.leased || doing == Step::lease_seat;
        side.container = side.container || doing == Step::create;
        side.door = side.door || doing == Step::open_door;
        side.running = side.late = std::nullopt;
        side.timer.reset();
        side.sockets = false;
        if (!side.of_logind) {
            names.push_back(name);
        }
        if (seat == world_.seats.end()) {
            continue;
        }
        found.kept.push_back(seat->second);
        if (!seat->second.container.empty() && remains != Remains::removed) {
            const std::int32_t pid = remains == Remains::running ? seat->second.init_pid : 0;
            found.leftovers.push_back(
                {name.value, seat->second.container, pid, seat->second.vt.value_or(VtClaim{0, 0, 0}), false});
        }
    }
    world_ = World{};
    waits_.clear();
    jobs_.clear();
    last_job_ = JobId{0};
    std::vector<std::string> wrong = take(Event{now_, Configured{names, a_host()}});
    const std::vector<std::string> more = take(Event{now_, std::move(found)});
    wrong.insert(wrong.end(), more.begin(), more.end());
    return wrong;
}

void Surroundings::demand(bool holds, const std::string& what) {
    if (!holds) {
        wrong_.push_back(what);
    }
}

std::vector<std::string> Surroundings::take(const Event& event) {
    wrong_.clear();
    now_ = std::max(now_, event.at);
    note_event(event);
    try {
        Decision decision = decide_(std::move(world_), event);
        world_ = std::move(decision.world);
        for (const Effect& effect : decision.effects) {
            note_effect(effect);
        }
        check();
    } catch (const std::exception& error) {
        demand(false, std::string{"deciding threw: "} + error.what());
    }
    return wrong_;
}

/// What an event does to the outside itself, before the policy hears of it.
void Surroundings::note_event(const Event& event) {
    if (const auto* const done = std::get_if<StepFinished>(&event.what)) {
        SeatSide& side = sides_[done->seat];
        const auto is_this = [&](const std::optional<RunStep>& step) { return step && step->serial == done->serial; };
        if (!is_this(side.running) && !is_this(side.late)) {
            return;
        }
        side.vt_claimed = side.vt_claimed || (done->step == Step::claim_vt && !done->error);
        side.leased = side.leased || (done->step == Step::lease_seat && !done->error);
        side.container = side.container || (done->step == Step::create && !done->error);
        side.door = side.door || (done->step == Step::open_door && !done->error);
        const auto* const report = std::get_if<RestoreReport>(&done->facts);
        if (done->step == Step::restore_tty && report != nullptr && report->verified) {
            side.vt_claimed = false;
        }
        (is_this(side.running) ? side.running : side.late).reset();
    } else if (const auto* const fired = std::get_if<TimerFired>(&event.what)) {
        SeatSide& side = sides_[fired->seat];
        if (side.timer == fired->serial) {
            side.timer.reset();
        }
    } else if (const auto* const found = std::get_if<LeftoversFound>(&event.what)) {
        asked_leftovers_ = false;
        for (const Leftover& leftover : found->leftovers) {
            SeatSide& side = sides_[SeatName{leftover.seat}];
            side.container = true;
            side.vt_claimed = side.vt_claimed || leftover.vt.vt != 0;
        }
        for (const Seat& kept : found->kept) {
            SeatSide& side = sides_[kept.name];
            side.door = side.door || kept.door.has_value();
            side.leased = side.leased || kept.lease.has_value();
        }
    } else if (const auto* const called = std::get_if<Called>(&event.what)) {
        last_token_ = std::max(last_token_, called->token.value);
        waits_.emplace(called->token, Wait::authority);
    }
}

void Surroundings::note_effect(const Effect& effect) {
    std::visit(Overloaded{
                   [&](const Reply& e) { demand(waits_.erase(e.token) == 1, "a call was answered twice"); },
                   [&](const Authorize& e) { waits_[e.token] = Wait::authority; },
                   [&](const ReadProfile& e) { waits_[e.token] = Wait::profile; },
                   [&](const FindLeftovers&) { asked_leftovers_ = true; },
                   [&](const RunStep& e) {
                       SeatSide& side = sides_[e.seat];
                       if (side.running && makes_something(side.running->step)) {
                           side.late = side.running;
                       }
                       if (e.step == Step::start) {
                           side.late.reset(); // Whatever an earlier bring-up began has ended by now.
                       }
                       side.running = e;
                       side.leased = side.leased && e.step != Step::release_seat;
                       side.container = side.container && e.step != Step::remove;
                       side.door = side.door && e.step != Step::close_door;
                   },
                   [&](const ArmTimer& e) {
                       demand(e.after_ms > 0, "a timer of no time was armed");
                       sides_[e.seat].timer = e.serial;
                   },
                   [&](const ClearTimer& e) { sides_[e.seat].timer.reset(); },
                   [&](const WatchInit& e) { demand(e.pid > 0, "a process without a number is watched"); },
                   [&](const PublishSeat& e) {
                       demand(e.state_changed == (e.old_state != e.new_state), "a state change is not marked as one");
                   },
                   [&](const WithdrawSeat& e) {
                       demand(!world_.seats.contains(e.seat), "a seat was withdrawn and is there");
                       sides_[e.seat].running.reset();
                   },
                   [&](const PublishJob& e) { note_job(e.job); },
                   [&](const PrintOnTty& e) { demand(!e.text.empty(), "nothing is printed on the TTY"); },
                   [&](const SwitchVt& e) { demand(e.from != 0 && e.to != 0, "a VT without a number is switched"); },
                   [&](const ShareSound& e) {
                       demand(is_up(world_.seats.at(e.seat).state), "devices are shared with no desktop");
                   },
                   [&](const ShareRender& e) {
                       demand(is_up(world_.seats.at(e.seat).state), "render nodes are shared with no desktop");
                       demand(!e.came.empty() || !e.gone.empty(), "no render node is shared");
                   },
                   [&](const AskDesktop& e) {
                       demand(is_up(world_.seats.at(e.seat).state), "a question is put to no desktop");
                       demand(!e.command.empty(), "a question has no words");
                   }, // its end is an event of the test's own
                   [&](const PublishHardware&) {},
                   [&](const ReadDocks&) {}, // its end is an event of the test's own
                   [&](const PublishDock& e) {
                       const auto& docks = world_.seats.at(e.seat).docks;
                       const bool is_there = std::count(docks.begin(), docks.end(), e.dock) == 1;
                       demand(e.docked == is_there, "a dock is told to have come or gone, and has not");
                   },
                   [&](const Exit&) { exited_ = true; },
                   [&](const WatchSockets& e) {
                       demand(sides_[e.seat].sockets != e.on, "a desktop's sockets are watched twice, or were not");
                       sides_[e.seat].sockets = e.on;
                   },
                   [&](const auto&) { demand(false, "something is done to a client, and there is none"); },
               },
               effect);
}

void Surroundings::note_job(const Job& job) {
    const bool is_new = last_job_ < job.id;
    demand(is_new || jobs_.contains(job.id), "a job that had ended was published again");
    last_job_ = std::max(last_job_, job.id);
    if (job.state == JobState::running || job.state == JobState::cancelling) {
        jobs_.insert(job.id);
    } else {
        jobs_.erase(job.id);
        demand(!job.message.empty(), "a job ended without a sentence");
        demand((job.state == JobState::done) == job.error.empty(), "a job's error does not fit its end");
    }
}

void Surroundings::check() {
    demand(waits_.size() == world_.calls.size(), "a call was forgotten or kept after its reply");
    for (const auto& [token, wait] : waits_) {
        demand(world_.calls.contains(token), "a call waits that the policy does not know");
    }
    demand(jobs_.size() == world_.jobs.size(), "open jobs on the bus are not those of the policy");
    bool at_rest = true;
    for (const auto& [name, seat] : world_.seats) {
        check_seat(seat, sides_[name]);
        const bool goes_on = world_.keeps_desktops && policy::can_do_without_berthd(seat);
        at_rest = at_rest && (goes_on || seat.state == SeatState::vacant || seat.state == SeatState::held);
    }
    for (const auto& [name, side] : sides_) {
        if (!world_.seats.contains(name) && !asked_leftovers_) {
            demand(side.of_logind, "a seat that logind does not remove is no more");
            check_absent(side);
        }
    }
    if (exited_) {
        demand(world_.shutting_down && at_rest, "berthd ends with a desktop up that needs it");
        demand(waits_.empty(), "berthd ends without answering a call");
    }
}

/// Of a seat that is no more nothing may be left.
void Surroundings::check_absent(const SeatSide& side) {
    demand(!side.vt_claimed && !side.leased && !side.container && !side.door, "a seat went and left a desktop behind");
    demand(!side.timer, "a seat went and left its timer behind");
}

void Surroundings::check_seat(const Seat& seat, const SeatSide& side) {
    const std::string state{name_of(seat.state)};
    demand(!seat.job || world_.jobs.contains(*seat.job), state + ": the seat's job is not there");
    demand(side.sockets == (seat.state == SeatState::seated || seat.state == SeatState::frozen),
           state + ": the desktop's sockets are watched while there is none, or are not");
    if (seat.state == SeatState::vacant || seat.state == SeatState::held) {
        demand(seat.container.empty() && !seat.vt && !seat.door && seat.init_pid == 0, state + " with a desktop");
        demand(seat.step == Step::none && !side.timer, state + " with a step to come");
        demand(!seat.may_run && !seat.paused && !seat.leave_after_step && !seat.retrying, state + " with a flag left");
        demand(!seat.plan && !seat.next && !seat.job && !seat.failure, state + " with a plan or a job");
        demand(!side.container, state + " but nobody tried to remove the container");
        demand(!side.door, state + " but nobody tried to close the door");
        demand(!seat.lease && !side.leased, state + " but nobody tried to close the session");
    }
    demand(seat.state != SeatState::vacant || !side.vt_claimed, "vacant with a VT that was not restored");
    demand(!seat.gone || (seat.announced && seat.state != SeatState::vacant), state + " on a seat that is gone");
    if (seat.state == SeatState::seated || seat.state == SeatState::frozen) {
        demand(seat.plan && seat.init_pid != 0 && seat.session_ready && seat.may_run, state + " without a session");
        demand(!seat.container.empty() && seat.door, state + " without a container and a door");
        demand(seat.step != Step::none || !seat.job, state + ": a job stays open");
    }
    demand(seat.state != SeatState::frozen || seat.paused, "frozen, but its processes run");
    if (seat.step != Step::none) {
        demand(side.timer == seat.serial, "step " + std::string{name_of(seat.step)} + " has no time limit");
        demand(seat.retrying || seat.step == Step::await_session || seat.step == Step::stop ||
                   seat.step == Step::kill || (side.running && side.running->serial == seat.serial),
               "step " + std::string{name_of(seat.step)} + " has no effect");
    } else {
        const bool asks = seat.state == SeatState::restoring && asked_leftovers_;
        demand(asks || !side.timer, state + ": a timer without a step");
        demand(asks || seat.state == SeatState::vacant || seat.state == SeatState::held ||
                   seat.state == SeatState::seated || seat.state == SeatState::frozen,
               state + " with nothing to come");
    }
}

void Surroundings::settle_time() {
    const Microseconds passed = now_ - start_of_time;
    now_ = start_of_time;
    for (auto& [name, seat] : world_.seats) {
        seat.start_deadline = std::max<Microseconds>(0, seat.start_deadline - passed);
        seat.since = 0;
        for (Microseconds& at : seat.failed_starts) {
            at -= passed;
        }
        std::erase_if(seat.failed_starts, [](Microseconds at) { return start_of_time - at > 60'000'000; });
    }
}

void Surroundings::add_seat_to(std::string& key, const Seat& seat, const SeatSide& side) const {
    const auto add = [&key](auto value) { key.push_back(static_cast<char>(static_cast<int>(value) + 48)); };
    for (const auto flag : {static_cast<int>(seat.state), static_cast<int>(seat.step)}) {
        add(flag);
    }
    for (const bool flag : {seat.job.has_value(),
                            seat.plan.has_value(),
                            seat.lease.has_value(),
                            side.leased,
                            seat.next.has_value(),
                            seat.door.has_value(),
                            seat.vt.has_value(),
                            !seat.container.empty(),
                            seat.init_pid != 0,
                            seat.may_run,
                            seat.paused,
                            seat.session_ready,
                            seat.now,
                            seat.leave_after_step,
                            seat.retrying,
                            seat.start_deadline > now_,
                            side.running && side.running->serial == seat.serial,
                            side.timer.has_value(),
                            side.vt_claimed,
                            side.container,
                            side.door,
                            seat.failure.has_value(),
                            seat.gone}) {
        add(flag);
    }
    add(seat.plan ? static_cast<int>(seat.plan->mode) : 9);
    add(seat.failed_starts.size());
    add(seat.restore_attempts);
    add(side.late ? side.late->step : Step::none);
    add(kind_of(seat.failure));
    add(kind_of(seat.last_failure && seat.last_failure->step == Step::restore_tty ? seat.last_failure : std::nullopt));
    if (seat.job) {
        add(world_.jobs.at(*seat.job).kind);
        add(world_.jobs.at(*seat.job).state);
    }
}

std::string Surroundings::abstract() const {
    std::string key{exited_ ? "X" : "x"};
    const auto add = [&key](auto value) { key.push_back(static_cast<char>(static_cast<int>(value) + 48)); };
    add(world_.shutting_down);
    add(world_.keeps_desktops);
    add(asked_leftovers_);
    for (const auto& [token, wait] : waits_) {
        const Request& request = world_.calls.at(token).request;
        const auto* const down = std::get_if<DownRequest>(&request);
        add(wait);
        add(request.index());
        add(down != nullptr && down->now);
    }
    for (const auto& [name, side] : sides_) {
        const auto seat = world_.seats.find(name);
        key.push_back('|');
        if (seat == world_.seats.end()) {
            add(side.late ? side.late->step : Step::none);
        } else {
            add_seat_to(key, seat->second, side);
        }
    }
    return key;
}

} // namespace berth::test
