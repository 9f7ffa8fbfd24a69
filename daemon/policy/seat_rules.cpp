#include "policy/seat_rules.hpp"

#include "base/overloaded.hpp"
#include "policy/step_table.hpp"

#include <algorithm>

namespace berth::policy {

using namespace model;
using Chain = StepRow::Chain;

namespace {

constexpr Microseconds crash_loop_window = 60'000'000;
constexpr std::size_t crash_loop_starts = 3;
constexpr std::uint32_t restore_limit = 5;
constexpr std::int64_t restore_back_off_ms = 50;
constexpr std::int64_t probe_back_off_ms = 250;

void follow(Ledger& ledger, Seat& seat, Step from, Chain chain);

void show_progress(Ledger& ledger, const Seat& seat, const StepRow& row) {
    Job* const job = ledger.job_of(seat);
    if (job == nullptr) {
        return;
    }
    job->phase = std::string{name_of(row.step)};
    job->message = row.sentence;
    // The undoing of a failed bring-up does not run its bar backwards.
    job->progress = std::max(job->progress, job->kind == JobKind::up && row.chain == Chain::down ? 0.0 : row.progress);
    ledger.emit(PublishJob{*job});
}

/// Starts a step: serial, timer, effect. The state is the row's, unless the step runs in place.
void run(Ledger& ledger, Seat& seat, Step step, const std::string& argument = {}) {
    const StepRow& row = row_of(step);
    seat.step = step;
    seat.retrying = false;
    ++seat.serial.value;
    if (step == Step::start) {
        seat.may_run = true;
    }
    show_progress(ledger, seat, row);
    if (row.chain != Chain::in_place && !(step == Step::unpause && seat.state == SeatState::frozen)) {
        ledger.enter(seat, row.state, row.sentence);
    }
    ledger.emit(ArmTimer{seat.name, seat.serial, limit_ms(step, seat, ledger.now())});
    if (step != Step::await_session) {
        ledger.emit(RunStep{seat.name, seat.serial, step, argument});
    }
}

/// Lets the seat's timer run the same step again after a while; nothing is in flight meanwhile.
void retry_later(Ledger& ledger, Seat& seat, std::int64_t after_ms) {
    seat.retrying = true;
    ++seat.serial.value;
    ledger.emit(ArmTimer{seat.name, seat.serial, after_ms});
}

void become_seated(Ledger& ledger, Seat& seat) {
    seat.step = Step::none;
    ++seat.serial.value;
    ledger.emit(ClearTimer{seat.name});
    ledger.enter(seat, SeatState::seated, "The shell answers");
    ledger.close_job(seat, JobState::done, "The desktop is up");
}

void follow(Ledger& ledger, Seat& seat, Step from, Chain chain) {
    const Step step = first_applicable(from, seat);
    if (step != Step::none) {
        run(ledger, seat, step);
    } else if (chain == Chain::up) {
        become_seated(ledger, seat);
    } else {
        vacate(ledger, seat);
    }
}

void note_failure(Seat& seat, std::optional<Failure> failure) {
    if (failure && !seat.failure) {
        seat.failure = std::move(failure);
    }
}

void tear_down(Ledger& ledger, Seat& seat) {
    seat.leave_after_step = false;
    seat.restore_attempts = 0;
    follow(ledger, seat, Step::unpause, Chain::down);
}

/// What a step that succeeded changes in the seat.
void apply_facts(Ledger& ledger, Seat& seat, const StepFinished& event) {
    std::visit(Overloaded{
                   [](const std::monostate&) {},
                   [&](const ContainerCreated& created) { seat.container = created.container; },
                   [&](const InitStarted& started) {
                       seat.init_pid = started.pid;
                       const std::int64_t limit = seat.plan ? seat.plan->profile.timeouts.start_s : 0;
                       seat.start_deadline = ledger.now() + limit * 1'000'000;
                       ledger.emit(WatchInit{seat.name, started.pid});
                   },
                   [&](const VtClaim& claim) { seat.vt = claim; },
                   [&](const DoorPaths& paths) { seat.door = paths; },
                   [](const RestoreReport&) {},
               },
               event.facts);
    switch (event.step) {
    case Step::unpause:
        seat.paused = false;
        break;
    case Step::pause:
        seat.paused = true;
        break;
    case Step::restore_tty:
        seat.vt.reset();
        break;
    case Step::remove:
        seat.container.clear();
        seat.may_run = false;
        break;
    case Step::close_door:
        seat.door.reset();
        break;
    case Step::none:
    case Step::check_image:
    case Step::open_door:
    case Step::claim_vt:
    case Step::create:
    case Step::check_systemd:
    case Step::start:
    case Step::await_session:
    case Step::probe_shell:
    case Step::end_session:
    case Step::stop:
    case Step::kill:
    case Step::commit:
        break;
    }
}

std::optional<Failure> failure_of(const StepFinished& event) {
    if (event.error) {
        return event.error;
    }
    const auto* const report = std::get_if<RestoreReport>(&event.facts);
    if (report != nullptr && !report->verified) {
        std::string rest;
        for (const std::string& line : report->remaining) {
            rest.append(rest.empty() ? "" : ", ").append(line);
        }
        return Failure{Step::restore_tty, ErrorCode::failed, "The text terminal is not right yet: " + rest};
    }
    return std::nullopt;
}

void end_in_place(Ledger& ledger, Seat& seat, Step step, const std::optional<Failure>& failure) {
    seat.step = Step::none;
    ++seat.serial.value;
    ledger.emit(ClearTimer{seat.name});
    if (failure) {
        ledger.enter(seat, seat.state, failure->message);
        ledger.close_job(seat, JobState::failed, failure->message, text_of(*failure));
        return;
    }
    if (step == Step::commit) {
        ledger.enter(seat, seat.state, "The image was saved");
    } else {
        ledger.enter(seat, seat.paused ? SeatState::frozen : SeatState::seated, row_of(step).sentence);
    }
    ledger.close_job(seat, JobState::done, "Done");
}

void step_failed(Ledger& ledger, Seat& seat, const Failure& failure) {
    const Step step = seat.step;
    const StepRow& row = row_of(step);
    if (step == Step::probe_shell && ledger.now() < seat.start_deadline) {
        retry_later(
            ledger, seat,
            std::min(probe_back_off_ms, std::max<std::int64_t>(1, (seat.start_deadline - ledger.now()) / 1000)));
        return;
    }
    if (row.chain == Chain::up) {
        note_failure(seat, failure);
        tear_down(ledger, seat);
        return;
    }
    if (step == Step::restore_tty && ++seat.restore_attempts < restore_limit) {
        retry_later(ledger, seat, restore_back_off_ms << seat.restore_attempts);
        return;
    }
    // A session or systemd that does not end when asked is what the next, stronger step is for: no failure of berth.
    if (step != Step::end_session && step != Step::stop) {
        note_failure(seat, failure);
    }
    follow(ledger, seat, row.on_failure, Chain::down);
}

bool runs_in_place(const Seat& seat) {
    return row_of(seat.step).chain == Chain::in_place ||
           (seat.step == Step::unpause && seat.state == SeatState::frozen);
}

void step_ended(Ledger& ledger, Seat& seat, const std::optional<Failure>& failure) {
    const Step step = seat.step;
    if (seat.leave_after_step) {
        tear_down(ledger, seat);
    } else if (runs_in_place(seat)) {
        end_in_place(ledger, seat, step, failure);
    } else if (failure) {
        step_failed(ledger, seat, *failure);
    } else if ((step == Step::stop || step == Step::kill) && seat.init_pid != 0) {
        return; // The engine's or the signal's word is not proof of death: InitExited is.
    } else {
        follow(ledger, seat, row_of(step).next, row_of(step).chain);
    }
}

bool everything_is_down(const World& world) {
    return std::all_of(world.seats.begin(), world.seats.end(), [](const auto& entry) {
        return entry.second.state == SeatState::vacant || entry.second.state == SeatState::held;
    });
}

bool is_crash_loop(Seat& seat, Microseconds now) {
    const bool started = seat.failure && seat.failure->code != ErrorCode::cancelled &&
                         (seat.failure->step == Step::start || seat.failure->step == Step::await_session ||
                          seat.failure->step == Step::probe_shell);
    if (started) {
        seat.failed_starts.push_back(now);
    }
    std::erase_if(seat.failed_starts, [now](Microseconds at) { return now - at > crash_loop_window; });
    return started && seat.failed_starts.size() >= crash_loop_starts;
}

/// Ends the job of a seat that came to rest, by what it was for and what failed.
void close_job_at_rest(Ledger& ledger, Seat& seat, const std::optional<Failure>& failure) {
    const Job* const job = ledger.job_of(seat);
    if (job == nullptr) {
        return;
    }
    const bool undoing_failed = failure && row_of(failure->step).chain == Chain::down;
    const bool was_for_down = job->kind == JobKind::down || job->kind == JobKind::restore_tty;
    if (!failure || (was_for_down && !undoing_failed)) {
        ledger.close_job(seat, JobState::done, "The seat is vacant");
    } else {
        const JobState state = failure->code == ErrorCode::cancelled ? JobState::cancelled : JobState::failed;
        ledger.close_job(seat, state, failure->message, text_of(*failure));
    }
}

/// Forgets everything of the desktop that was; keeps the seat's own memory.
void forget_desktop(Seat& seat) {
    Seat rest;
    rest.name = seat.name;
    rest.state = seat.state;
    rest.since = seat.since;
    rest.serial = StepSerial{seat.serial.value + 1};
    rest.job = seat.job;
    rest.last_failure = seat.failure ? seat.failure : seat.last_failure;
    rest.failed_starts = std::move(seat.failed_starts);
    rest.devices = std::move(seat.devices);
    seat = std::move(rest);
}

void hold(Ledger& ledger, Seat& seat, const Failure& failure, bool crash_loop) {
    const std::string why =
        crash_loop ? "the desktop failed to start three times in a minute" : "the text terminal could not be verified";
    ledger.emit(PrintOnTty{seat.name, 0,
                           "berth: " + seat.name.value + " is held: " + why + ". Last: " + failure.message +
                               ". 'berth down' or 'berth restore-tty' releases it."});
    ledger.enter(seat, SeatState::held, why);
}

} // namespace

void begin_bring_up(Ledger& ledger, Seat& seat, UpPlan plan) {
    seat.plan = std::move(plan);
    seat.failure.reset();
    seat.last_failure.reset();
    follow(ledger, seat, Step::check_image, Chain::up);
}

void leave(Ledger& ledger, Seat& seat, std::optional<Failure> failure, const std::string& reason) {
    note_failure(seat, std::move(failure));
    const bool in_flight = seat.step != Step::none && !seat.retrying && !row_of(seat.step).interruptible;
    if (!in_flight) {
        tear_down(ledger, seat);
        return;
    }
    seat.leave_after_step = true;
    ledger.enter(seat, seat.state, reason);
}

void run_in_place(Ledger& ledger, Seat& seat, Step step, const std::string& argument) {
    run(ledger, seat, step, argument);
}

void restore_vacant(Ledger& ledger, Seat& seat) {
    seat.restore_attempts = 0;
    seat.failure.reset();
    run(ledger, seat, Step::restore_tty);
}

void adopt_leftover(Ledger& ledger, Seat& seat, const Leftover& leftover) {
    seat.container = leftover.container;
    seat.init_pid = leftover.init_pid;
    seat.may_run = true;
    seat.now = true;
    seat.door = DoorPaths{};
    if (leftover.vt.vt != 0) {
        seat.vt = leftover.vt;
    }
    if (leftover.init_pid != 0) {
        ledger.emit(WatchInit{seat.name, leftover.init_pid});
    }
    leave(ledger, seat, Failure{Step::none, ErrorCode::failed, "An earlier berthd left a desktop behind; it was ended"},
          "An earlier berthd left a desktop behind");
}

void vacate(Ledger& ledger, Seat& seat) {
    const std::optional<Failure> failure = seat.failure;
    const bool crash_loop = is_crash_loop(seat, ledger.now());
    const bool unverified = failure && failure->step == Step::restore_tty;
    std::optional<UpPlan> next = std::move(seat.next);
    ledger.emit(ClearTimer{seat.name});
    forget_desktop(seat);
    if (crash_loop || unverified) {
        hold(ledger, seat, *failure, crash_loop);
    } else {
        ledger.enter(seat, SeatState::vacant, failure ? failure->message : "The seat is vacant");
        if (next && !failure && !ledger.world().shutting_down) {
            begin_bring_up(ledger, seat, std::move(*next));
            return;
        }
    }
    close_job_at_rest(ledger, seat, failure);
    if (ledger.world().shutting_down && everything_is_down(ledger.world())) {
        ledger.emit(Exit{});
    }
}

void on_step_finished(Ledger& ledger, const StepFinished& event) {
    Seat* const seat = ledger.find_seat(event.seat);
    if (seat == nullptr || seat->serial != event.serial || seat->step != event.step || seat->retrying) {
        return; // Stale: the step's time limit passed, or the seat went another way.
    }
    const std::optional<Failure> failure = failure_of(event);
    if (!failure) {
        apply_facts(ledger, *seat, event);
    }
    step_ended(ledger, *seat, failure);
}

void on_init_exited(Ledger& ledger, const InitExited& event) {
    Seat* const seat = ledger.find_seat(event.seat);
    if (seat == nullptr || seat->init_pid == 0 || seat->init_pid != event.pid) {
        return;
    }
    seat->init_pid = 0;
    seat->may_run = false;
    seat->paused = false;
    switch (seat->state) {
    case SeatState::starting:
        note_failure(*seat,
                     Failure{seat->step, ErrorCode::failed, "The container ended while the desktop was starting"});
        tear_down(ledger, *seat);
        break;
    case SeatState::seated:
    case SeatState::frozen: {
        const Failure failure{Step::none, ErrorCode::failed, "The desktop ended by itself"};
        note_failure(*seat, failure);
        if (!seat->leave_after_step) {
            ledger.close_job(*seat, JobState::failed, failure.message, text_of(failure));
        }
        tear_down(ledger, *seat);
        break;
    }
    case SeatState::draining:
        follow(ledger, *seat, Step::restore_tty, Chain::down);
        break;
    case SeatState::vacant:
    case SeatState::preparing:
    case SeatState::restoring:
    case SeatState::held:
        break; // Death is what these wait for or do not mind.
    }
}

void on_session_ready(Ledger& ledger, const SessionReady& event) {
    Seat* const seat = ledger.find_seat(event.seat);
    if (seat == nullptr || !seat->may_run) {
        return;
    }
    seat->session_ready = true;
    seat->facts = event.facts;
    ledger.enter(*seat, seat->state, "The session reported ready");
    if (seat->step == Step::await_session) {
        follow(ledger, *seat, Step::probe_shell, Chain::up);
    }
}

void on_timer_fired(Ledger& ledger, const TimerFired& event) {
    Seat* const seat = ledger.find_seat(event.seat);
    if (seat == nullptr || seat->serial != event.serial || seat->step == Step::none) {
        return;
    }
    const StepRow& row = row_of(seat->step);
    const Failure failure{seat->step, ErrorCode::timed_out, std::string{row.sentence} + " took too long"};
    if (seat->retrying && !(seat->step == Step::probe_shell && ledger.now() >= seat->start_deadline)) {
        run(ledger, *seat, seat->step);
    } else {
        seat->retrying = false;
        step_ended(ledger, *seat, failure);
    }
}

void on_shutdown(Ledger& ledger) {
    ledger.world().shutting_down = true;
    if (everything_is_down(ledger.world())) {
        ledger.emit(Exit{});
        return;
    }
    for (auto& [name, seat] : ledger.world().seats) {
        const bool has_desktop = seat.state == SeatState::preparing || seat.state == SeatState::starting ||
                                 seat.state == SeatState::seated || seat.state == SeatState::frozen;
        seat.next.reset();
        if (has_desktop && !seat.leave_after_step) {
            leave(ledger, seat, Failure{seat.step, ErrorCode::cancelled, "berthd was told to end"}, "berthd ends");
        }
    }
}

} // namespace berth::policy
