#include "policy/adoption.hpp"
#include "support/builders.hpp"
#include "support/surroundings.hpp"

namespace berth::test {

using namespace model;

namespace {

constexpr Microseconds minute = 61'000'000;

/// What an earlier berthd kept of a desktop that is up.
Seat kept_desktop(const SeatName& name, SeatMode mode) {
    Seat seat;
    seat.name = name;
    seat.state = SeatState::seated;
    seat.plan = UpPlan{a_profile(mode), mode};
    seat.container = "dead";
    seat.init_pid = 77;
    seat.may_run = seat.session_ready = true;
    seat.door = DoorPaths{"/door", "/runtime", "/machine-id", {}};
    if (mode != SeatMode::headless && has_terminals(name)) {
        seat.vt = VtClaim{7, 1, 3};
    }
    if (mode == SeatMode::logind) {
        seat.lease = SeatLease{"5", 7, 1234};
    }
    return seat;
}

StepFinished finished(const RunStep& step, StepFacts facts, std::optional<Failure> error = {}) {
    return StepFinished{step.seat, step.serial, step.step, std::move(facts), std::move(error)};
}

} // namespace

std::vector<Event> Surroundings::possible(std::size_t pending_calls) const {
    std::vector<Event> events;
    if (exited_) {
        return events;
    }
    for (const auto& [name, seat] : world_.seats) {
        add_seat_events(events, seat, sides_.at(name));
    }
    add_logind_events(events);
    add_answers(events);
    add_calls(events, waits_.size() < pending_calls, pending_calls == 1);
    if (!world_.shutting_down) {
        events.push_back(Event{now_, ShutdownRequested{false}});
        events.push_back(Event{now_, ShutdownRequested{true}});
    }
    return events;
}

void Surroundings::add_seat_events(std::vector<Event>& events, const Seat& seat, const SeatSide& side) const {
    const auto add = [&](Happening what, Microseconds after = 0) {
        events.push_back(Event{now_ + after, std::move(what)});
    };
    if (side.running) {
        add(finished(*side.running, success_of(side.running->step)));
        add(finished(*side.running, {}, test::failure_of(side.running->step)));
        if (side.running->step == Step::restore_tty) {
            add(finished(*side.running, unverified()));
        }
    }
    if (side.late) {
        add(finished(*side.late, success_of(side.late->step)));
    }
    if (side.timer) {
        add(TimerFired{seat.name, *side.timer});
        if (seat.start_deadline > now_) {
            add(TimerFired{seat.name, *side.timer}, seat.start_deadline - now_);
        }
    }
    if (!seat.failed_starts.empty() && seat.step == Step::none) {
        add(DevicesChanged{seat.name, {"/dev/input/event0"}}, minute);
    }
    if (seat.init_pid != 0) {
        add(InitExited{seat.name, seat.init_pid});
        add(PausedChanged{seat.name, seat.init_pid, !seat.paused});
    }
    add(InitExited{seat.name, 31337});
    add(LeaseLost{seat.name, "logind took the session away"});
    add(SessionReady{seat.name, {}});
    add(TimerFired{seat.name, StepSerial{seat.serial.value + 7}});
}

void Surroundings::add_logind_events(std::vector<Event>& events) const {
    for (const auto& [name, side] : sides_) {
        if (side.of_logind) {
            events.push_back(Event{now_, SeatAppeared{name}});
            if (!world_.seats.contains(name) && side.late) {
                events.push_back(Event{now_, finished(*side.late, success_of(side.late->step))});
            }
        }
        events.push_back(Event{now_, SeatGone{name}});
    }
}

void Surroundings::add_calls(std::vector<Event>& events, bool that_wait, bool few) const {
    const CallToken token{last_token_ + 1};
    for (const std::uint32_t uid : {0U, 1000U}) {
        const auto add = [&](Request request) {
            const bool is_up = std::holds_alternative<UpRequest>(request);
            const bool waits = uid != 0 || is_up;
            if (!waits || (that_wait && (!few || is_up || std::holds_alternative<DownRequest>(request)))) {
                events.push_back(Event{now_, Called{token, Caller{":1.9", uid}, std::move(request)}});
            }
        };
        for (const auto& [name, seat] : world_.seats) {
            add(UpRequest{name, "gnome", {}, {}});
            add(DownRequest{name, false});
            add(DownRequest{name, true});
            add(ReseatRequest{name, "test"});
            add(RestoreTtyRequest{name});
            add(FreezeRequest{name});
            add(ThawRequest{name});
            add(SnapshotRequest{name, "saved"});
        }
        for (const auto& [id, job] : world_.jobs) {
            add(CancelRequest{id});
        }
        add(CancelRequest{JobId{999'999}});
    }
}

void Surroundings::add_answers(std::vector<Event>& events) const {
    for (const auto& [token, wait] : waits_) {
        if (wait == Wait::authority) {
            events.push_back(Event{now_, Authorized{token, true, {}}});
            events.push_back(Event{now_, Authorized{token, false, "not on the list"}});
        } else {
            events.push_back(Event{now_, ProfileRead{token, a_profile(SeatMode::headless), {}}});
            events.push_back(Event{now_, ProfileRead{token, a_profile(SeatMode::vt), {}}});
            events.push_back(Event{now_, ProfileRead{token, a_profile(SeatMode::logind), {}}});
            events.push_back(Event{now_, ProfileRead{token, {}, "gnome.json:1: broken"}});
        }
    }
    if (asked_leftovers_) {
        events.push_back(Event{now_, LeftoversFound{}});
        for (const auto& [name, side] : sides_) {
            const VtClaim vt = has_terminals(name) ? VtClaim{7, 1, 3} : VtClaim{0, 0, 3};
            events.push_back(Event{now_, LeftoversFound{{Leftover{name.value, "dead", 77, vt}}}});
            events.push_back(Event{now_, LeftoversFound{{Leftover{name.value, "dead", 0, {}}}}});
            for (const SeatMode mode : {SeatMode::headless, SeatMode::vt, SeatMode::logind}) {
                const Seat kept = kept_desktop(name, mode);
                const VtClaim claim = kept.vt.value_or(VtClaim{0, 0, 0});
                events.push_back(Event{now_, LeftoversFound{{Leftover{name.value, "dead", 77, claim}}, {kept}}});
                events.push_back(Event{now_, LeftoversFound{{Leftover{name.value, "dead", 77, claim, true}}, {kept}}});
            }
        }
    }
}

bool Surroundings::at_rest(const SeatName& seat) const {
    const auto found = world_.seats.find(seat);
    return found == world_.seats.end() || found->second.state == SeatState::vacant ||
           found->second.state == SeatState::held ||
           (world_.keeps_desktops && policy::can_do_without_berthd(found->second));
}

std::optional<Event> Surroundings::everything_fails(const SeatName& seat) const {
    const SeatSide& side = sides_.at(seat);
    if (!world_.seats.contains(seat)) {
        return std::nullopt;
    }
    const Seat& known = world_.seats.at(seat);
    if (side.running && side.running->serial == known.serial) {
        return Event{now_, finished(*side.running, {}, test::failure_of(side.running->step))};
    }
    return everything_hangs(seat);
}

std::optional<Event> Surroundings::everything_hangs(const SeatName& seat) const {
    const SeatSide& side = sides_.at(seat);
    if (!world_.seats.contains(seat)) {
        return std::nullopt;
    }
    const Seat& known = world_.seats.at(seat);
    if (!side.timer) {
        return asked_leftovers_ ? std::optional{Event{now_, LeftoversFound{}}} : std::nullopt;
    }
    const bool waits_for_shell = known.step == Step::await_session || known.step == Step::probe_shell;
    return Event{waits_for_shell ? std::max(now_, known.start_deadline) : now_, TimerFired{seat, *side.timer}};
}

} // namespace berth::test
