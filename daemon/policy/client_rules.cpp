#include "policy/client_rules.hpp"

#include "policy/client_attach.hpp"
#include "policy/client_facts.hpp"
#include "policy/client_grants.hpp"
#include "policy/client_leases.hpp"
#include "policy/client_table.hpp"
#include "policy/seat_rules.hpp"

#include <algorithm>

namespace berth::policy {

using namespace model;
using ClientChain = ClientRow::Chain;

namespace {

void proceed(Ledger& ledger, Client& client, Step from, ClientChain chain);

void show_progress(Ledger& ledger, const Client& client, const ClientRow& row) {
    for (const std::optional<JobId>& id : {client.job, client.work}) {
        const auto job = id ? ledger.world().jobs.find(*id) : ledger.world().jobs.end();
        if (job != ledger.world().jobs.end()) {
            job->second.phase = std::string{name_of(row.step)};
            job->second.message = row.sentence;
            job->second.progress = std::max(job->second.progress, row.progress);
            ledger.emit(PublishJob{job->second});
        }
    }
}

StepSerial next_serial(Ledger& ledger) {
    return StepSerial{++ledger.world().client_serial.value};
}

/// Starts a step: serial, timer, effect.
void run_step(Ledger& ledger, Client& client, Step step, const std::string& argument = {}) {
    const ClientRow& row = row_of_client(step);
    client.step = step;
    client.serial = next_serial(ledger);
    client.may_run |= step == Step::start;
    show_progress(ledger, client, row);
    if (row.chain != ClientChain::in_place && !(step == Step::unpause && client.state == ClientState::frozen)) {
        ledger.enter(client, row.state, row.sentence);
    }
    if (const std::int64_t limit = limit_ms(step, client); limit > 0) {
        ledger.emit(ArmClientTimer{client.id, client.serial, limit});
    } else {
        ledger.emit(ClearClientTimer{client.id});
    }
    if (step != Step::flush) { // which waits for StreamsEnded
        ledger.emit(RunClientStep{client.id, client.serial, step, argument});
    }
}

void rest(Ledger& ledger, Client& client) {
    client.step = Step::none;
    client.serial = next_serial(ledger);
    ledger.emit(ClearClientTimer{client.id});
}

void end_streams(Ledger& ledger, Client& client) {
    if (client.streams_open) {
        client.streams_open = false;
        ledger.emit(EndStreams{client.id});
    }
}

void tear_down(Ledger& ledger, Client& client) {
    const bool was_coming_up = client.state == ClientState::preparing || client.state == ClientState::starting;
    client.leave_after_step = false;
    client.refresh = false;
    if (was_coming_up && !client.has_run) {
        end_streams(ledger, client); // there is nothing to pass on, and the engine may not say so
        if (client.plan.streamed) {
            ledger.emit(DropStreams{client.plan.caller});
        }
    }
    answer_start(ledger, client);
    answer_waiting(ledger, client, "The client ends");
    forget_ends(ledger, client);
    ledger.enter(client, ClientState::ending, "The client ends");
    proceed(ledger, client, Step::unpause, ClientChain::down);
}

void become_running(Ledger& ledger, Client& client) {
    rest(ledger, client);
    for (const Grant& grant : client.grants) {
        ledger.emit(RecordGrant{client.id, text_of(grant), "given", "its profile and caller", {}});
    }
    ledger.enter(client, client.paused ? ClientState::frozen : ClientState::running,
                 is_foreign(client) ? "It is attached" : "Its command runs");
    answer_start(ledger, client);
    if (!client.plan.streamed) {
        ledger.close_job(client.job, JobState::done, "The client runs", {});
    }
    client.refresh |= has_strays(client);
    take_next(ledger, client);
}

void proceed(Ledger& ledger, Client& client, Step from, ClientChain chain) {
    const Step step = first_applicable(from, client);
    if (step != Step::none) {
        run_step(ledger, client, step);
    } else if (chain == ClientChain::down) {
        vanish(ledger, client);
    } else if (client.init_pid == 0) {
        tear_down(ledger, client); // a short command has ended before anybody looked
    } else {
        become_running(ledger, client);
    }
}

void note_failure(Client& client, std::optional<Failure> failure) {
    if (failure && !client.failure) {
        client.failure = std::move(failure);
    }
}

/// The step in place tells whoever asked for it what came of it, even where the client ends now.
void tell_of_step_in_place(Ledger& ledger, Client& client, Step step, const std::optional<Failure>& failure) {
    settle_grants(ledger, client, step, failure);
    const auto job = client.work ? ledger.world().jobs.find(*client.work) : ledger.world().jobs.end();
    if (job != ledger.world().jobs.end() && job->second.kind == JobKind::stop) {
        return; // it has taken the place of the step's own
    }
    if (failure) {
        ledger.close_job(client.work, JobState::failed, failure->message, text_of(*failure));
    } else {
        ledger.close_job(client.work, JobState::done, "Done", {});
    }
}

void end_in_place(Ledger& ledger, Client& client, Step step, const std::optional<Failure>& failure) {
    rest(ledger, client);
    ledger.enter(client, client.paused ? ClientState::frozen : ClientState::running,
                 failure ? failure->message : std::string{row_of_client(step).sentence});
    tell_of_step_in_place(ledger, client, step, failure);
    take_next(ledger, client);
}

bool runs_in_place(const Client& client) {
    return row_of_client(client.step).chain == ClientChain::in_place ||
           (client.step == Step::unpause && client.state == ClientState::frozen);
}

void step_ended(Ledger& ledger, Client& client, const std::optional<Failure>& failure) {
    const Step step = client.step;
    const ClientRow& row = row_of_client(step);
    if (client.leave_after_step) {
        if (runs_in_place(client)) {
            tell_of_step_in_place(ledger, client, step, failure);
        }
        tear_down(ledger, client);
    } else if (runs_in_place(client)) {
        end_in_place(ledger, client, step, failure);
    } else if (failure && row.chain == ClientChain::up) {
        note_failure(client, failure);
        tear_down(ledger, client);
    } else if (failure) {
        // What does not end when asked is what the next, stronger step is for: no failure of berth.
        if (step != Step::unpause && step != Step::stop) {
            note_failure(client, failure);
        }
        proceed(ledger, client, row.on_failure, ClientChain::down);
    } else if ((step == Step::stop || step == Step::kill) && client.init_pid != 0) {
        return; // The engine's word is not proof of death: ClientExited is.
    } else {
        proceed(ledger, client, row.next, row.chain);
    }
}

/// Whoever did not read in time gets no more of what it wrote.
void stop_flushing(Ledger& ledger, Client& client) {
    end_streams(ledger, client);
    proceed(ledger, client, Step::remove, ClientChain::down);
}

/// A client that is no more comes back to have undone what was made of it after all.
Client& client_to_clear(Ledger& ledger, const ClientStepFinished& event) {
    Client& client = ledger.world().clients[event.client];
    client.id = event.client;
    client.state = ClientState::ending;
    client.since = ledger.now();
    return client;
}

/// A container or door that was made after all: removed, where the tear-down has passed that or has ended.
void undo_late(Ledger& ledger, Client& client, bool is_new, const ClientStepFinished& event) {
    const bool kept = client.state == ClientState::exited;
    if (kept && event.step == Step::create) {
        return; // its name is the kept one's: there is no other
    }
    apply_facts(ledger, client, event.step, event.facts);
    if (is_new || kept || client.step == Step::remove || client.step == Step::part || client.step == Step::close_door) {
        proceed(ledger, client, Step::remove, ClientChain::down);
    }
}

/// A step that was given up on has made its thing after all.
void absorb_late(Ledger& ledger, Client* known, const ClientStepFinished& event) {
    if (event.error) {
        return;
    }
    const bool at_an_end = known == nullptr || is_at_an_end(*known);
    if (const auto* const joined = std::get_if<ContainerJoined>(&event.facts)) {
        ledger.emit(UndoJoin{joined->init_pid, joined->mounts});
    } else if (event.step == Step::attach) {
        if (known != nullptr && known->streams_open) {
            return; // one of that name is connected by now
        }
        ledger.emit(EndStreams{event.client});
    } else if ((event.step == Step::open_door || event.step == Step::create) && at_an_end) {
        undo_late(ledger, known == nullptr ? client_to_clear(ledger, event) : *known, known == nullptr, event);
    } else if (known != nullptr && !at_an_end) {
        absorb_late_grants(ledger, *known, event);
        inherit_late(*known, event);
    }
}

} // namespace

void begin(Ledger& ledger, Client& client) {
    client.failure.reset();
    client.exit_code.reset();
    client.has_run = false;
    client.stop_ms = client.plan.app.stop_s * 1000;
    client.grants = client.plan.app.grants;
    proceed(ledger, client, Step::find, ClientChain::up);
}

void leave(Ledger& ledger, Client& client, std::optional<Failure> failure, const std::string& reason) {
    const bool waits_for_ever = client.step == Step::flush && limit_ms(Step::flush, client) == 0;
    if (client.state == ClientState::ending && failure && !is_told_to_end(client)) {
        client.failure = std::move(failure); // whatever else failed: from now on it is told to end
    } else {
        note_failure(client, std::move(failure));
    }
    if (client.state == ClientState::ending || client.leave_after_step) {
        if (const std::int64_t limit = limit_ms(Step::flush, client); waits_for_ever && limit > 0) {
            ledger.emit(ArmClientTimer{client.id, client.serial, limit});
        }
        return;
    }
    if (client.step == Step::none || row_of_client(client.step).interruptible) {
        tear_down(ledger, client);
        return;
    }
    client.leave_after_step = true;
    ledger.publish(client, reason);
}

void hasten(Ledger& ledger, Client& client) {
    client.now = true;
    if (client.step == Step::stop) {
        proceed(ledger, client, Step::kill, ClientChain::down);
    } else if (client.step == Step::flush) {
        stop_flushing(ledger, client);
    }
}

void run_in_place(Ledger& ledger, Client& client, Step step, const std::string& argument) {
    run_step(ledger, client, step, argument);
}

void vanish(Ledger& ledger, Client& client) {
    rest(ledger, client);
    answer_waiting(ledger, client, "The client has ended");
    ledger.close_job(client.work, JobState::done, "The client has ended", {});
    if (client.exit_code) {
        const bool lacked = *client.exit_code != 0 && !client.plan.wishes.empty();
        ledger.close_job(
            client.job, JobState::done,
            "It ended with exit code " + std::to_string(*client.exit_code) +
                (lacked ? "; its image's labels ask for " + client.plan.wishes + ", which 'berth run --labels' gives it"
                        : std::string{}),
            {}, *client.exit_code);
    } else {
        const Failure failure =
            client.failure.value_or(Failure{Step::none, ErrorCode::failed, "The client ended, nobody knows how"});
        ledger.close_job(client.job, failure.code == ErrorCode::cancelled ? JobState::cancelled : JobState::failed,
                         failure.message, text_of(failure));
    }
    if (stays_kept(client) && !client.container.empty()) {
        client.init_pid = 0;
        client.now = client.may_run = client.paused = false;
        client.was_kept = true;
        client.grants.clear(); // leases end with what had them; those of its plan are given when it is run again
        ledger.enter(client, ClientState::exited, "Its command has ended; the container is kept");
    } else {
        const ClientId id = client.id;
        ledger.world().clients.erase(id);
        ledger.emit(WithdrawClient{id});
    }
    exit_if_all_is_settled(ledger);
}

void on_client_step_finished(Ledger& ledger, const ClientStepFinished& event) {
    Client* const client = ledger.find_client(event.client);
    if (client == nullptr || client->serial != event.serial || client->step != event.step) {
        absorb_late(ledger, client, event);
        return;
    }
    const auto error = event.error ? event.error : refuse_found(ledger.world(), *client, event.facts);
    if (!error) {
        apply_facts(ledger, *client, event.step, event.facts);
    }
    step_ended(ledger, *client, error);
}

void on_client_exited(Ledger& ledger, const ClientExited& event) {
    Client* const client = ledger.find_client(event.client);
    if (client == nullptr || client->init_pid == 0 || client->init_pid != event.pid) {
        return;
    }
    client->init_pid = 0;
    client->may_run = client->paused = false;
    if (is_alive(*client)) {
        leave(ledger, *client, std::nullopt, "Its command has ended");
    } else if (client->step == Step::stop || client->step == Step::kill) {
        proceed(ledger, *client, Step::collect, ClientChain::down);
    }
}

void on_client_paused_changed(Ledger& ledger, const ClientPausedChanged& event) {
    Client* const client = ledger.find_client(event.client);
    const bool of_its_own = client != nullptr && (client->step == Step::pause || client->step == Step::unpause ||
                                                  client->step == Step::commit);
    if (client == nullptr || client->init_pid == 0 || client->init_pid != event.pid || of_its_own ||
        client->paused == event.paused) {
        return;
    }
    client->paused = event.paused;
    if (is_alive(*client)) {
        ledger.enter(*client, event.paused ? ClientState::frozen : ClientState::running,
                     event.paused ? "Somebody paused the container" : "Somebody let the container go on");
    }
}

void on_streams_ended(Ledger& ledger, const StreamsEnded& event) {
    Client* const client = ledger.find_client(event.client);
    if (client == nullptr || !client->streams_open) {
        return;
    }
    client->streams_open = false;
    if (client->step == Step::flush) {
        proceed(ledger, *client, Step::remove, ClientChain::down);
    }
}

void on_client_timer_fired(Ledger& ledger, const ClientTimerFired& event) {
    Client* const client = ledger.find_client(event.client);
    if (client == nullptr || client->serial != event.serial || client->step == Step::none) {
        return;
    }
    const Failure failure{client->step, ErrorCode::timed_out,
                          std::string{row_of_client(client->step).sentence} + " took too long"};
    if (client->step == Step::flush) { // the exit code is there: who did not read in time has not made it fail
        stop_flushing(ledger, *client);
        return;
    }
    assume_done(*client, client->step);
    step_ended(ledger, *client, failure);
}

void on_exec_ended(Ledger& ledger, const ExecEnded& event) {
    const auto found = ledger.world().jobs.find(event.job);
    if (found == ledger.world().jobs.end() ||
        (found->second.kind != JobKind::exec && found->second.kind != JobKind::logs)) {
        return;
    }
    std::optional<JobId> job{event.job};
    if (event.error) {
        ledger.close_job(job, JobState::failed, event.error->message, text_of(*event.error));
    } else {
        ledger.close_job(job, JobState::done, "It ended with exit code " + std::to_string(event.exit_code), {},
                         event.exit_code);
    }
}

} // namespace berth::policy
