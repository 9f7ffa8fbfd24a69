#include "policy/call_rules.hpp"

#include "base/overloaded.hpp"
#include "policy/client_calls.hpp"
#include "policy/client_grants.hpp"
#include "policy/client_rules.hpp"
#include "policy/reseat.hpp"
#include "policy/seat_rules.hpp"
#include "policy/step_table.hpp"

namespace berth::policy {

using namespace model;

namespace {

std::string busy_sentence(const World& world, const Seat& seat) {
    std::string text = "Seat " + seat.name.value + " is busy";
    const auto job = seat.job ? world.jobs.find(*seat.job) : world.jobs.end();
    if (job != world.jobs.end()) {
        text.append(": job ").append(std::to_string(job->first.value)).append(" (").append(name_of(job->second.kind));
        text.append(") runs");
    } else {
        text.append(": it is ").append(name_of(seat.state));
    }
    return text + ". Wait for it, or cancel it.";
}

Refused held(const Seat& seat) {
    return Refused{Refusal::seat_held, "Seat " + seat.name.value + " is held after: " +
                                           (seat.last_failure ? seat.last_failure->message : "a failure") +
                                           ". Run 'berth down' or 'berth restore-tty' to release it."};
}

Refused empty(const Seat& seat) {
    return Refused{Refusal::seat_empty, "Seat " + seat.name.value + " has no desktop in that state; it is " +
                                            std::string{name_of(seat.state)} + "."};
}

std::optional<Refused> refuse_mode(const Seat& seat, SeatMode mode) {
    if (mode != SeatMode::vt || has_terminals(seat.name)) {
        return std::nullopt;
    }
    return Refused{Refusal::no_terminals, "Seat " + seat.name.value +
                                              " has no virtual terminals, which mode vt needs (seat0 alone has); use "
                                              "mode logind or headless."};
}

std::optional<Refused> refuse_up(const World& world, const Seat& seat, const UpRequest& request) {
    if (request.desktop.empty() || request.desktop.find('/') != std::string::npos) {
        return Refused{Refusal::invalid_argument, "'" + request.desktop + "' is not a desktop's name."};
    }
    if (auto refused = refuse_mode(seat, request.mode.value_or(SeatMode::automatic))) {
        return refused;
    }
    switch (seat.state) {
    case SeatState::vacant:
        return std::nullopt;
    case SeatState::held:
        return held(seat);
    case SeatState::seated:
    case SeatState::frozen:
        return Refused{Refusal::seat_taken, "Seat " + seat.name.value + " has desktop '" +
                                                (seat.plan ? seat.plan->profile.name : std::string{}) +
                                                "' already. Run 'berth down' first, or 'berth reseat'."};
    case SeatState::preparing:
    case SeatState::starting:
    case SeatState::draining:
    case SeatState::restoring:
        return Refused{Refusal::seat_busy, busy_sentence(world, seat)};
    }
    return std::nullopt;
}

std::optional<Refused> refuse_unless(const World& world, const Seat& seat, bool fits) {
    if (seat.job) {
        return Refused{Refusal::seat_busy, busy_sentence(world, seat)};
    }
    return fits ? std::nullopt : std::optional{empty(seat)};
}

/// A tear-down that runs, by whoever's wish.
bool is_leaving(const Seat& seat) {
    return seat.state == SeatState::draining || seat.state == SeatState::restoring || seat.leave_after_step;
}

/// A tear-down after which the desktop comes up again though no job asks for it.
bool returns_by_itself(const Seat& seat) {
    return seat.next && !seat.job;
}

/// A tear-down that still asks, or will, and may be told to kill instead.
bool can_be_hastened(const Seat& seat) {
    return !seat.now && (seat.state == SeatState::draining || seat.leave_after_step);
}

std::optional<Refused> refuse_on_seat(const World& world, const Seat& seat, const Request& request) {
    return std::visit(
        Overloaded{
            [&](const UpRequest& up) { return refuse_up(world, seat, up); },
            [&](const DownRequest& down) {
                const bool joins = down.now ? can_be_hastened(seat) : returns_by_itself(seat);
                return is_leaving(seat) && !joins
                           ? std::optional{Refused{Refusal::seat_busy, busy_sentence(world, seat)}}
                           : std::nullopt;
            },
            [&](const RestoreTtyRequest&) {
                return is_leaving(seat) && has_terminals(seat.name)
                           ? std::optional{Refused{Refusal::seat_busy, busy_sentence(world, seat)}}
                           : std::nullopt;
            },
            [&](const ReseatRequest&) { return refuse_unless(world, seat, seat.state == SeatState::seated); },
            [&](const FreezeRequest&) { return refuse_unless(world, seat, seat.state == SeatState::seated); },
            [&](const ThawRequest&) { return refuse_unless(world, seat, seat.state == SeatState::frozen); },
            [&](const SnapshotRequest& snapshot) {
                if (snapshot.tag.empty()) {
                    return std::optional{Refused{Refusal::invalid_argument, "A snapshot needs an image name."}};
                }
                return refuse_unless(world, seat, is_up(seat.state));
            },
            [](const auto&) { return std::optional<Refused>{}; }, // of no seat
        },
        request);
}

std::optional<Refused> refuse_cancel(const World& world, const CancelRequest& request) {
    const auto job = world.jobs.find(request.job);
    if (job == world.jobs.end()) {
        return Refused{Refusal::no_such_job, "No job " + std::to_string(request.job.value) + " runs."};
    }
    if (!job->second.client.value.empty()) {
        const auto client = world.clients.find(job->second.client);
        const bool ends = client == world.clients.end() || client->second.state == ClientState::ending ||
                          client->second.leave_after_step;
        return job->second.kind == JobKind::run && !ends
                   ? std::nullopt
                   : std::optional{Refused{Refusal::job_not_cancellable,
                                           "Job " + std::to_string(request.job.value) + " (" +
                                               std::string{name_of(job->second.kind)} + ") cannot be cancelled."}};
    }
    const auto seat = world.seats.find(job->second.seat);
    const bool coming_up = seat != world.seats.end() && !is_leaving(seat->second) &&
                           (seat->second.state == SeatState::preparing || seat->second.state == SeatState::starting);
    if (!coming_up) {
        return Refused{Refusal::job_not_cancellable, "Job " + std::to_string(request.job.value) + " (" +
                                                         std::string{name_of(job->second.kind)} +
                                                         ") cannot be cancelled now: it takes down or saves."};
    }
    return std::nullopt;
}

const SeatName* seat_of(const Request& request) {
    return std::visit(
        []<class T>(const T& r) -> const SeatName* {
            if constexpr (requires {
                              { r.seat } -> std::convertible_to<const SeatName&>;
                          }) {
                return &r.seat;
            } else {
                return nullptr;
            }
        },
        request);
}

/// `down` on a tear-down that runs: joins its job if that is a `down`, else takes it over.
void accept_joining(Ledger& ledger, CallToken token, Seat& seat, bool now) {
    const Job* const running = ledger.job_of(seat);
    if (running != nullptr && running->kind == JobKind::down) {
        ledger.reply(token, running->id);
    } else {
        seat.next.reset();
        ledger.close_job(seat, JobState::cancelled, "Another call took the desktop down",
                         "Cancelled: another call took the desktop down");
        ledger.reply(token, ledger.open_job(seat, JobKind::down, "Taking the desktop down"));
    }
    if (now) {
        hasten(ledger, seat);
    }
}

void accept_down(Ledger& ledger, CallToken token, Seat& seat, bool now, JobKind kind) {
    if (is_leaving(seat)) {
        accept_joining(ledger, token, seat, now);
        return;
    }
    if (is_at_rest(seat)) {
        const JobId job = ledger.open_job(seat, kind, "Releasing the seat");
        ledger.reply(token, job);
        seat.failed_starts.clear();
        const bool unsure =
            seat.state == SeatState::held && seat.last_failure && seat.last_failure->step == Step::restore_tty;
        const bool terminals = ledger.world().host.virtual_terminals && has_terminals(seat.name);
        if ((kind == JobKind::restore_tty || unsure) && terminals) {
            restore_vacant(ledger, seat);
        } else {
            seat.failure.reset();
            vacate(ledger, seat);
        }
        return;
    }
    ledger.close_job(seat, JobState::cancelled, "Another call took the desktop down",
                     "Cancelled: another call took the desktop down");
    const bool coming_up = seat.state == SeatState::preparing || seat.state == SeatState::starting;
    seat.now = now;
    const JobId job = ledger.open_job(seat, kind, "Taking the desktop down");
    ledger.reply(token, job);
    leave(ledger, seat,
          coming_up ? std::optional{Failure{seat.step, ErrorCode::cancelled, "It was taken down while it came up"}}
                    : std::nullopt,
          "Taking the desktop down");
}

/// A desktop that has no terminal keeps none from anybody: it is left alone.
void accept_restore(Ledger& ledger, CallToken token, Seat& seat) {
    if (has_terminals(seat.name) || is_at_rest(seat)) {
        accept_down(ledger, token, seat, true, JobKind::restore_tty);
    } else {
        ledger.reply(token);
    }
}

void accept_in_place(Ledger& ledger, CallToken token, Seat& seat, JobKind kind, Step step,
                     const std::string& argument = {}) {
    const JobId job = ledger.open_job(seat, kind, row_of(step).sentence);
    ledger.reply(token, job);
    run_in_place(ledger, seat, step, argument);
}

void accept_cancel(Ledger& ledger, CallToken token, const CancelRequest& request) {
    Job& job = ledger.world().jobs.at(request.job);
    job.state = JobState::cancelling;
    job.message = "Cancelling";
    ledger.emit(PublishJob{job});
    ledger.reply(token);
    if (!job.client.value.empty()) {
        cancel_client_job(ledger, Job{job});
        return;
    }
    Seat* const seat = ledger.find_seat(job.seat);
    if (seat != nullptr) {
        leave(ledger, *seat, Failure{seat->step, ErrorCode::cancelled, "The job was cancelled"}, "Cancelling");
    }
}

/// The call is possible and allowed: do it, or for `Up` read the profile first.
void accept(Ledger& ledger, CallToken token, const Request& request, const Caller& caller) {
    if (is_about_clients(request)) {
        accept_client_call(ledger, token, request, caller);
        return;
    }
    const auto seat = [&ledger](const auto& r) -> Seat& { return ledger.world().seats.at(r.seat); };
    std::visit(
        Overloaded{
            [&](const UpRequest& up) {
                ledger.emit(ReadProfile{token, up.seat, up.desktop, up.mode});
            },
            [&](const DownRequest& down) { accept_down(ledger, token, seat(down), down.now, JobKind::down); },
            [&](const RestoreTtyRequest& restore) { accept_restore(ledger, token, seat(restore)); },
            [&](const ReseatRequest& reseat) {
                ledger.reply(token, begin_reseat(ledger, seat(reseat), reseat.reason));
            },
            [&](const FreezeRequest& freeze) {
                accept_in_place(ledger, token, seat(freeze), JobKind::freeze, Step::pause);
            },
            [&](const ThawRequest& thaw) { accept_in_place(ledger, token, seat(thaw), JobKind::thaw, Step::unpause); },
            [&](const SnapshotRequest& snapshot) {
                accept_in_place(ledger, token, seat(snapshot), JobKind::snapshot, Step::commit, snapshot.tag);
            },
            [&](const CancelRequest& cancel) { accept_cancel(ledger, token, cancel); },
            [](const auto&) {}, // clients' have gone another way
        },
        request);
    if (!std::holds_alternative<UpRequest>(request)) {
        ledger.world().calls.erase(token);
    }
}

} // namespace

const char* action_of(const Request& request) noexcept {
    if (is_about_clients(request)) {
        return client_action_of(request);
    }
    return std::visit(Overloaded{
                          [](const UpRequest&) { return "org.berth.seat-up"; },
                          [](const DownRequest&) { return "org.berth.seat-down"; },
                          [](const ReseatRequest&) { return "org.berth.reseat"; },
                          [](const RestoreTtyRequest&) { return "org.berth.restore-tty"; },
                          [](const FreezeRequest&) { return "org.berth.seat-down"; },
                          [](const ThawRequest&) { return "org.berth.seat-up"; },
                          [](const SnapshotRequest&) { return "org.berth.images"; },
                          [](const auto&) { return "org.berth.seat-down"; }, // CancelRequest
                      },
                      request);
}

std::optional<Refused> refusal_of(const World& world, const Request& request, const Caller& caller) {
    if (world.shutting_down) {
        return Refused{Refusal::shutting_down, "berthd is ending; try again when it has started anew."};
    }
    if (const auto* const cancel = std::get_if<CancelRequest>(&request)) {
        return refuse_cancel(world, *cancel);
    }
    if (is_about_clients(request) || caller.desktop) {
        return refuse_client_call(world, request, caller);
    }
    const SeatName& name = *seat_of(request);
    const auto seat = world.seats.find(name);
    if (seat == world.seats.end()) {
        std::string known;
        for (const auto& [other, unused] : world.seats) {
            known.append(known.empty() ? "" : ", ").append(other.value);
        }
        return Refused{Refusal::no_such_seat, "No seat '" + name.value + "'. There is: " + known + "."};
    }
    return refuse_on_seat(world, seat->second, request);
}

void on_called(Ledger& ledger, const Called& event) {
    if (const auto refused = refusal_of(ledger.world(), event.request, event.caller)) {
        note_denial(ledger, event.request, event.caller, *refused);
        ledger.refuse(event.token, refused->refusal, refused->message);
        return;
    }
    ledger.world().calls[event.token] = PendingCall{event.caller, event.request};
    const std::string action = action_of(event.request);
    if (event.caller.uid == 0 || event.caller.self || event.caller.desktop || action.empty()) {
        accept(ledger, event.token, event.request, event.caller);
    } else {
        ledger.emit(Authorize{event.token, event.caller, action});
    }
}

void on_authorized(Ledger& ledger, const Authorized& event) {
    const auto call = ledger.world().calls.find(event.token);
    if (call == ledger.world().calls.end()) {
        return;
    }
    const auto [caller, request] = call->second;
    auto refused = refusal_of(ledger.world(), request, caller);
    if (!event.allowed) {
        refused = Refused{Refusal::not_authorized, event.reason};
    }
    if (refused) {
        ledger.world().calls.erase(call);
        note_denial(ledger, request, caller, *refused);
        ledger.refuse(event.token, refused->refusal, refused->message);
        return;
    }
    accept(ledger, event.token, request, caller);
}

void on_profile_read(Ledger& ledger, const ProfileRead& event) {
    const auto call = ledger.world().calls.find(event.token);
    const auto* const request =
        call == ledger.world().calls.end() ? nullptr : std::get_if<UpRequest>(&call->second.request);
    if (request == nullptr) {
        return;
    }
    const UpRequest up = *request;
    ledger.world().calls.erase(call);
    auto refused = refusal_of(ledger.world(), up, {});
    if (!refused && !event.profile) {
        refused = Refused{Refusal::bad_profile, event.error};
    }
    Seat* const seat = ledger.find_seat(up.seat); // is there unless that was refused
    UpPlan plan;
    if (!refused) {
        plan = UpPlan{*event.profile, resolve(up.mode.value_or(event.profile->mode), ledger.world().host, *seat)};
        refused = refuse_mode(*seat, plan.mode);
    }
    if (refused) {
        ledger.refuse(event.token, refused->refusal, refused->message);
        return;
    }
    plan.profile.image = up.image.value_or(plan.profile.image);
    const JobId job = ledger.open_job(*seat, JobKind::up, "Bringing up '" + plan.profile.name + "'");
    ledger.reply(event.token, job);
    begin_bring_up(ledger, *seat, std::move(plan));
}

} // namespace berth::policy
