#include "policy/adoption.hpp"
#include "policy/client_rules.hpp"
#include "policy/seat_rules.hpp"
#include "policy/step_table.hpp"

#include <algorithm>

/// How a seat comes to rest, `vacant` or `held`, and how berthd ends when all have.
namespace berth::policy {

using namespace model;
using Chain = StepRow::Chain;

namespace {

constexpr Microseconds crash_loop_window = 60'000'000;
constexpr std::size_t crash_loop_starts = 3;

/// Nothing of the seat is in the way of berthd's end.
bool is_settled(const World& world, const Seat& seat) {
    return is_at_rest(seat) || (world.keeps_desktops && can_do_without_berthd(seat));
}

bool is_settled(const World& world, const Client& client) {
    const bool goes_on = world.keeps_desktops && is_alive(client) && !client.leave_after_step;
    return client.state == ClientState::exited || goes_on;
}

bool is_crash_loop(Seat& seat, Microseconds now) {
    const bool comes_again = seat.failure && seat.failure->step == Step::lease_seat && seat.next;
    const bool started = seat.failure && seat.failure->code != ErrorCode::cancelled &&
                         (seat.failure->step == Step::start || seat.failure->step == Step::await_session ||
                          seat.failure->step == Step::probe_shell || comes_again);
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

/// A VT that was claimed and not given back outweighs whatever failed before: it is why the seat is held.
bool note_unverified(Seat& seat) {
    if (seat.vt && (!seat.failure || seat.failure->step != Step::restore_tty)) {
        const std::string before = seat.failure ? " Before that: " + seat.failure->message : std::string{};
        seat.failure =
            Failure{Step::restore_tty, ErrorCode::failed, "The text terminal could not be restored." + before};
    }
    return seat.failure && seat.failure->step == Step::restore_tty;
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
    rest.displays = std::move(seat.displays);
    rest.docks = std::move(seat.docks);
    rest.question = seat.question; // no answer to this desktop is taken for the next one's
    rest.announced = seat.announced;
    rest.gone = seat.gone;
    seat = std::move(rest);
}

void hold(Ledger& ledger, Seat& seat, const Failure& failure, bool crash_loop) {
    const std::string why =
        crash_loop ? "the desktop failed three times in a minute" : "the text terminal could not be verified";
    ledger.emit(PrintOnTty{seat.name, 0,
                           "berth: " + seat.name.value + " is held: " + why + ". Last: " + failure.message +
                               ". 'berth down' or 'berth restore-tty' releases it."});
    ledger.enter(seat, SeatState::held, why);
}

} // namespace

void vacate(Ledger& ledger, Seat& seat) {
    const bool crash_loop = is_crash_loop(seat, ledger.now());
    const bool unverified = note_unverified(seat);
    const std::optional<Failure> failure = seat.failure;
    std::optional<UpPlan> next = std::move(seat.next);
    ledger.emit(ClearTimer{seat.name});
    forget_desktop(seat);
    if ((crash_loop && !seat.gone) || unverified) {
        hold(ledger, seat, *failure, crash_loop);
    } else {
        ledger.enter(seat, SeatState::vacant, failure ? failure->message : "The seat is vacant");
        if (next && !seat.gone && (!failure || failure->step == Step::lease_seat) && !ledger.world().shutting_down) {
            begin_bring_up(ledger, seat, std::move(*next), failure);
            return;
        }
    }
    close_job_at_rest(ledger, seat, failure);
    if (seat.gone && seat.state == SeatState::vacant) {
        ledger.withdraw(SeatName{seat.name});
    }
    exit_if_all_is_settled(ledger);
}

void exit_if_all_is_settled(Ledger& ledger) {
    const World& world = ledger.world();
    const auto settled = [&world](const auto& entry) { return is_settled(world, entry.second); };
    if (world.shutting_down && std::all_of(world.seats.begin(), world.seats.end(), settled) &&
        std::all_of(world.clients.begin(), world.clients.end(), settled)) {
        for (const auto& [id, job] : std::map<JobId, Job>{world.jobs}) { // of clients that go on, and commands in them
            std::optional<JobId> open{id};
            ledger.close_job(open, JobState::cancelled, "berthd was told to end", "Cancelled: berthd was told to end");
        }
        ledger.emit(Exit{});
    }
}

void on_shutdown(Ledger& ledger, const ShutdownRequested& event) {
    World& world = ledger.world();
    world.shutting_down = true;
    world.keeps_desktops = event.keep_desktops;
    for (const auto& [token, call] : std::exchange(world.calls, {})) {
        ledger.refuse(token, Refusal::shutting_down, "berthd was told to end; try again when it has started anew.");
    }
    bool leaving = false;
    for (auto& [name, seat] : world.seats) { // none disappears here: a desktop is not down at once
        const bool has_desktop =
            seat.state == SeatState::preparing || seat.state == SeatState::starting || is_up(seat.state);
        seat.next.reset();
        if (!has_desktop || seat.leave_after_step) {
            continue;
        }
        const Failure failure{seat.step, ErrorCode::cancelled, "berthd was told to end"};
        if (is_settled(world, seat)) {
            ledger.close_job(seat, JobState::cancelled, failure.message, text_of(failure));
        } else {
            leave(ledger, seat, failure, "berthd ends");
            leaving = true;
        }
    }
    std::vector<ClientId> clients;
    for (const auto& [id, client] : world.clients) {
        if (!is_settled(world, client)) {
            clients.push_back(id);
        }
    }
    for (const ClientId& id : clients) { // one that leaves may disappear
        if (Client* const client = ledger.find_client(id)) {
            leave(ledger, *client, Failure{client->step, ErrorCode::cancelled, "berthd was told to end"},
                  "berthd ends");
            leaving = true;
        }
    }
    if (!leaving) {
        exit_if_all_is_settled(ledger);
    }
}

} // namespace berth::policy
