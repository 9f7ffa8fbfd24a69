#include "policy/seat_rules.hpp"

#include "policy/reseat.hpp"
#include "policy/step_facts.hpp"
#include "policy/step_table.hpp"

#include <algorithm>

namespace berth::policy {

using namespace model;
using Chain = StepRow::Chain;

namespace {

constexpr std::uint32_t restore_limit = 5;
constexpr std::int64_t restore_back_off_ms = 50;
constexpr std::int64_t probe_back_off_ms = 250;

void follow(Ledger& ledger, Seat& seat, Step from, Chain chain);

/// How far the job is when the row's step begins, 0..1. A re-seat goes down in its first part and up in the rest.
double progress_of(const Job& job, const StepRow& row) {
    constexpr double down_part = 0.3;
    switch (job.kind) {
    case JobKind::up:
        return row.chain == Chain::down ? 0.0 : row.progress;
    case JobKind::reseat:
        return row.chain == Chain::down ? down_part * row.progress : down_part + (1 - down_part) * row.progress;
    case JobKind::down:
    case JobKind::freeze:
    case JobKind::thaw:
    case JobKind::snapshot:
    case JobKind::restore_tty:
    case JobKind::run: // those that follow are clients', and never a seat's
    case JobKind::exec:
    case JobKind::logs:
    case JobKind::stop:
        return row.progress;
    }
    return 0;
}

void show_progress(Ledger& ledger, const Seat& seat, const StepRow& row) {
    Job* const job = ledger.job_of(seat);
    if (job == nullptr) {
        return;
    }
    job->phase = std::string{name_of(row.step)};
    job->message = row.sentence;
    // The undoing of a failed bring-up does not run its bar backwards.
    job->progress = std::max(job->progress, progress_of(*job, row));
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
    share_nodes(ledger, seat); // what came since its container was made
    consider_reseat(ledger, seat);
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
    if (seat.state == SeatState::frozen) {
        // In `frozen`, unpause would be a thaw that ends in `seated`.
        ledger.enter(seat, SeatState::draining, row_of(Step::unpause).sentence);
    }
    follow(ledger, seat, Step::unpause, Chain::down);
}

/// A paused desktop hears no key, so it does not keep the screen either: its VT is left for the one that was there
/// before, and shown again when it goes on. In mode `logind` alone, where logind lets go of the VT and not the desktop
/// itself.
void show_vt_for(Ledger& ledger, const Seat& seat) {
    if (!seat.plan || seat.plan->mode != SeatMode::logind || !seat.vt || seat.vt->vt == 0) {
        return;
    }
    ledger.emit(seat.paused ? SwitchVt{seat.name, seat.vt->vt, seat.vt->home}
                            : SwitchVt{seat.name, seat.vt->home, seat.vt->vt});
}

void end_in_place(Ledger& ledger, Seat& seat, Step step, const std::optional<Failure>& failure) {
    seat.step = Step::none;
    ++seat.serial.value;
    ledger.emit(ClearTimer{seat.name});
    if (failure) {
        if (step == Step::adopt) { // which nobody asked for: no job says it
            seat.last_failure = failure;
        }
        ledger.enter(seat, seat.state, failure->message);
        ledger.close_job(seat, JobState::failed, failure->message, text_of(*failure));
        consider_reseat(ledger, seat);
        return;
    }
    if (step == Step::commit) {
        ledger.enter(seat, seat.state, "The image was saved");
    } else {
        ledger.enter(seat, seat.paused ? SeatState::frozen : SeatState::seated, row_of(step).sentence);
        step == Step::adopt ? share_nodes(ledger, seat) : show_vt_for(ledger, seat);
    }
    ledger.close_job(seat, JobState::done, "Done");
    consider_reseat(ledger, seat);
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
    // What does not go on, or does not end when asked, is what the next, stronger step is for: no failure of berth.
    if (step != Step::unpause && step != Step::end_session && step != Step::stop) {
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

/// A step that was given up on has made its thing after all. The seat has it from now on; where the tear-down may have
/// passed the step that undoes it, or has ended, it runs again from there.
void absorb_late(Ledger& ledger, Seat& seat, const StepFinished& event) {
    if (event.error || event.serial >= seat.serial || undoing_of(event.step) == Step::none) {
        return;
    }
    if (is_missing(seat, event.step)) {
        apply_facts(ledger, seat, event);
    }
    const bool passed = seat.state == SeatState::restoring && !comes_before(seat.step, undoing_of(event.step));
    if (!passed && seat.state != SeatState::vacant && seat.state != SeatState::held) {
        return;
    }
    if (seat.state == SeatState::held) {
        seat.failure = seat.last_failure; // It goes back to `held`.
    }
    if (event.step == Step::lease_seat && !seat.vt && has_terminals(seat.name)) {
        seat.vt = VtClaim{}; // A session that opens switches to its VT: the text one must come back once more.
    }
    seat.restore_attempts = 0;
    follow(ledger, seat, Step::release_seat, Chain::down);
}

/// What a seat that is no more made after all must be undone, too: the seat comes back for that.
Seat* seat_to_clear(Ledger& ledger, const StepFinished& event) {
    if (event.error || undoing_of(event.step) == Step::none || event.serial >= ledger.world().last_serial) {
        return nullptr;
    }
    Seat& seat = ledger.add_seat(event.seat, SeatState::vacant);
    seat.announced = seat.gone = true;
    return &seat;
}

} // namespace

void begin_bring_up(Ledger& ledger, Seat& seat, UpPlan plan, std::optional<Failure> after) {
    seat.plan = std::move(plan);
    seat.seated_with = equipment_of(ledger.world(), seat);
    seat.asked.reset();
    seat.declined.clear();
    seat.greeted.clear();
    seat.failure.reset();
    seat.last_failure = std::move(after);
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

void hasten(Ledger& ledger, Seat& seat) {
    seat.now = true;
    if (seat.step == Step::end_session || seat.step == Step::stop) {
        follow(ledger, seat, Step::kill, Chain::down);
    }
}

void run_in_place(Ledger& ledger, Seat& seat, Step step, const std::string& argument) {
    run(ledger, seat, step, argument);
}

void restore_vacant(Ledger& ledger, Seat& seat) {
    seat.restore_attempts = 0;
    seat.failure.reset();
    run(ledger, seat, Step::restore_tty);
}

void on_step_finished(Ledger& ledger, const StepFinished& event) {
    Seat* const known = ledger.find_seat(event.seat);
    Seat* const seat = known == nullptr ? seat_to_clear(ledger, event) : known;
    if (seat == nullptr) {
        return;
    }
    if (seat->serial != event.serial || seat->step != event.step || seat->retrying) {
        absorb_late(ledger, *seat, event); // The step's time limit passed, or the seat went another way.
        return;
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
        follow(ledger, *seat, Step::release_seat, Chain::down);
        break;
    case SeatState::vacant:
    case SeatState::preparing:
    case SeatState::restoring:
    case SeatState::held:
        break; // Death is what these wait for or do not mind.
    }
}

void on_paused_changed(Ledger& ledger, const PausedChanged& event) {
    Seat* const seat = ledger.find_seat(event.seat);
    if (seat == nullptr || seat->init_pid == 0 || seat->init_pid != event.pid || seat->paused == event.paused) {
        return;
    }
    if (seat->step == Step::pause || seat->step == Step::unpause || seat->step == Step::commit) {
        return; // Its own doing (an engine pauses what it saves): the step's end says what came of it.
    }
    seat->paused = event.paused;
    if (is_up(seat->state)) {
        ledger.enter(*seat, seat->paused ? SeatState::frozen : SeatState::seated,
                     seat->paused ? "Somebody paused the container" : "Somebody let the container go on");
        show_vt_for(ledger, *seat);
    }
}

void on_lease_lost(Ledger& ledger, const LeaseLost& event) {
    Seat* const seat = ledger.find_seat(event.seat);
    if (seat == nullptr || !seat->lease || seat->leave_after_step) {
        return;
    }
    const Failure failure{Step::lease_seat, ErrorCode::failed, event.reason};
    switch (seat->state) {
    case SeatState::preparing:
    case SeatState::starting:
        leave(ledger, *seat, failure, event.reason);
        break;
    case SeatState::seated:
    case SeatState::frozen:
        // The desktop draws no more and takes no keys: only a new session helps. The crash-loop limit bounds it.
        seat->next = seat->plan;
        ledger.close_job(*seat, JobState::failed, failure.message, text_of(failure));
        leave(ledger, *seat, failure, event.reason);
        break;
    case SeatState::vacant:
    case SeatState::draining:
    case SeatState::restoring:
    case SeatState::held:
        break; // It is being given up.
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
    if (seat == nullptr || seat->serial != event.serial) {
        return;
    }
    if (seat->step == Step::none) {
        on_grace_over(ledger, *seat);
        return;
    }
    const StepRow& row = row_of(seat->step);
    const Failure failure{seat->step, ErrorCode::timed_out, std::string{row.sentence} + " took too long"};
    if (seat->retrying && !(seat->step == Step::probe_shell && ledger.now() >= seat->start_deadline)) {
        run(ledger, *seat, seat->step);
    } else {
        seat->retrying = false;
        assume_done(*seat, seat->step);
        step_ended(ledger, *seat, failure);
    }
}

} // namespace berth::policy
