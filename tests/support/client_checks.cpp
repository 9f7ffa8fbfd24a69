#include "model/json.hpp"
#include "policy/client_rules.hpp"
#include "policy/client_table.hpp"
#include "support/client_surroundings.hpp"

#include <algorithm>

/// What must hold after each event, and which states are alike.
namespace berth::test {

using namespace model;

namespace {

int kind_of_failure(const std::optional<Failure>& failure) {
    if (!failure) {
        return 0;
    }
    return failure->code == ErrorCode::cancelled ? 1 : 2;
}

std::string texts_of(const std::vector<Grant>& grants) {
    std::set<std::string> sorted;
    for (const Grant& grant : grants) {
        sorted.insert(text_of(grant).substr(0, 2));
    }
    std::string text{"/"};
    for (const std::string& one : sorted) {
        text.append(one);
    }
    return text;
}

/// What tells one waiting call from another.
std::string form_of(const PendingCall& call) {
    std::string form{std::to_string(call.request.index())};
    form.append(call.caller.self ? "s" : call.caller.desktop ? "d" : "");
    if (const auto* const run = std::get_if<RunRequest>(&call.request)) {
        form.append(run->name).append(run->streamed ? "+" : "-").append(run->keep ? "k" : "");
    } else if (const auto* const give = std::get_if<GrantRequest>(&call.request)) {
        form.append(give->client.value).append(texts_of(give->grants));
        form.append(give->until != 0 ? "t" : "").append(give->with_connection ? "c" : "");
    } else if (const auto* const attach = std::get_if<AttachRequest>(&call.request)) {
        form.append(attach->name).append(texts_of(attach->grants));
    } else if (const auto* const take = std::get_if<RevokeRequest>(&call.request)) {
        form.append(take->client.value).append(texts_of(take->grants));
    }
    return form;
}

bool is_at_an_end(const Client& client) {
    return client.state == ClientState::ending || client.state == ClientState::exited;
}

} // namespace

void ClientSurroundings::check() {
    demand(waits_.size() == world_.calls.size(), "a call was forgotten or kept after its reply");
    for (const auto& [token, wait] : waits_) {
        demand(world_.calls.contains(token), "a call waits that the policy does not know");
    }
    bool settled = true;
    for (auto& [id, side] : sides_) {
        const auto client = world_.clients.find(id);
        if (client == world_.clients.end()) {
            check_absent(side);
            continue;
        }
        check_client(client->second, side);
        settled = settled && (client->second.state == ClientState::exited ||
                              (world_.keeps_desktops && policy::is_alive(client->second)));
    }
    if (exited_) {
        demand(world_.shutting_down && settled, "berthd ends with a client that needs it");
        demand(waits_.empty(), "berthd ends without answering a call");
        demand(jobs_.empty(), "berthd ends without ending a job");
    } else {
        check_jobs();
    }
}

/// Of a client that is no more nothing may be left.
void ClientSurroundings::check_absent(const ClientSide& side) {
    if (world_.leftovers_asked_for) {
        return; // berthd has just started and knows of nobody
    }
    demand(!side.container, "a client went, but nobody tried to remove its container");
    demand(!side.door, "a client went, but nobody tried to close its door");
    demand(!side.joined && !side.joined_late, "a client went, and its container sees a door still");
    demand(!side.streams, "a client went and its streams are still carried");
    demand(!side.waiting, "a client went and descriptors still wait for it");
    demand(!side.lease_timer, "a client went and left the timer of its leases behind");
    demand(!side.timer, "a client went and left its timer behind");
    demand(!side.published && !side.file, "a client went and is still told of");
}

void ClientSurroundings::check_jobs() {
    std::set<JobId> of_clients = commands_;
    for (const auto& [id, client] : world_.clients) {
        for (const std::optional<JobId>& job : {client.job, client.work}) {
            if (job) {
                of_clients.insert(*job);
                demand(world_.jobs.contains(*job), "a client's job is not there");
            }
        }
        demand(!client.job || client.job != client.work, "two works have one job");
    }
    demand(jobs_.size() == world_.jobs.size(), "open jobs on the bus are not those of the policy");
    for (const auto& [id, job] : world_.jobs) {
        demand(jobs_.contains(id), "a job was not told of");
        demand(job.client.value.empty() || of_clients.contains(id), "a job is open and nobody works on it");
    }
}

void ClientSurroundings::check_client(const Client& client, const ClientSide& side) {
    const std::string state = client.id.value + " " + std::string{name_of(client.state)};
    demand(side.published, state + ": nobody was told of it");
    demand(!side.joined_late, state + ": an earlier one of that name is seen in a container still");
    check_leases(client, side);
    for (const Grant& grant : client.grants) {
        demand(side.allowed.contains(grant), state + ": " + text_of(grant) + " is a lease and nobody said yes");
    }
    const auto call = client.asks ? world_.calls.find(*client.asks) : world_.calls.end();
    const bool of_desktop = call == world_.calls.end() ? world_.shutting_down // which has refused it
                                                       : call->second.caller.desktop.has_value();
    const bool is_awaited = is_foreign(client) || of_desktop;
    const bool starts = is_awaited && !policy::is_alive(client) && client.state != ClientState::ending;
    demand(!client.asks || client.step == Step::give || client.step == Step::take || starts,
           state + ": a call waits for nothing");
    demand(client.queue.empty() || client.step != Step::none, state + ": calls wait and nothing is in flight");
    if (client.step == Step::none) {
        demand(!side.timer, state + ": a timer without a step");
        demand(!is_at_an_end(client) || client.state == ClientState::exited, state + " with nothing to come");
        demand(client.state != ClientState::preparing && client.state != ClientState::starting,
               state + " with nothing to come");
        demand(!client.work && client.pending.empty() && !client.leave_after_step, state + " with work left");
    } else {
        const std::string step = state + ": step " + std::string{name_of(client.step)};
        demand(client.step == Step::flush || side.timer == client.serial, step + " has no time limit");
        demand(client.step == Step::flush || client.step == Step::stop || client.step == Step::kill ||
                   (side.running && side.running->step.serial == client.serial),
               step + " has no effect");
        demand(client.step != Step::flush || side.streams, step + " waits for streams that nobody carries");
        demand(client.step != Step::flush || side.timer || !policy::is_told_to_end(client),
               step + " may last for ever though the client is told to end");
    }
    if (policy::is_alive(client)) {
        demand(!client.container.empty() && client.door && (client.has_run || is_foreign(client)),
               state + " without a container or a door");
        demand(client.init_pid != 0 || client.leave_after_step, state + " without a process");
        demand((client.state == ClientState::frozen) == client.paused || client.step != Step::none,
               state + ", and its processes are not");
        const bool loose = std::any_of(side.shown.begin(), side.shown.end(), [&](const std::string& text) {
            return std::none_of(client.grants.begin(), client.grants.end(),
                                [&](const Grant& grant) { return text_of(grant) == text; });
        });
        demand(client.step != Step::none || !loose, state + ": its door shows what is no lease");
    }
    if (client.state == ClientState::exited) {
        demand(policy::stays_kept(client) && !client.container.empty(), state + ", but it is not to be kept");
        demand(client.init_pid == 0 && !client.may_run && !client.paused && !client.now, state + " with a flag left");
        demand(client.grants.empty() && !client.job && !client.streams_open, state + " with a lease or a job");
        demand(!side.door && !side.streams && !side.waiting, state + " with a door or streams");
    }
    const bool goes_on = world_.shutting_down && policy::is_alive(client) && world_.keeps_desktops;
    demand(!world_.shutting_down || is_at_an_end(client) || client.leave_after_step || goes_on,
           state + " though berthd ends");
}

void ClientSurroundings::add_client_to(std::string& key, const Client& client, const ClientSide& side) const {
    const auto add = [&key](auto value) { key.push_back(static_cast<char>(static_cast<int>(value) + 48)); };
    add(client.state);
    add(client.step);
    for (const bool flag : {client.job.has_value(), client.plan.streamed, client.plan.app.keep, client.asks.has_value(),
                            client.door.has_value(), !client.container.empty(), !client.mounts.empty(),
                            client.init_pid != 0, client.may_run, client.has_run, client.was_kept, client.paused,
                            client.streams_open, client.refresh, client.now, client.leave_after_step,
                            client.exit_code.has_value(), side.running && side.running->step.serial == client.serial}) {
        add(flag);
    }
    add(kind_of_failure(client.failure));
    const auto work = client.work ? world_.jobs.find(*client.work) : world_.jobs.end();
    add(work == world_.jobs.end() ? JobKind::up : work->second.kind);
    const auto job = client.job ? world_.jobs.find(*client.job) : world_.jobs.end();
    add(job != world_.jobs.end() && job->second.state == JobState::cancelling);
    add_ends_to(key, client, side);
    if (client.state == ClientState::ending) {
        return; // What it had makes no difference any more: its door is closed as a whole.
    }
    for (const std::vector<Grant>& grants :
         {client.grants, client.pending, client.plan.app.grants, client.plan.app.optional, client.plan.app.may_ask}) {
        key.append(texts_of(grants));
    }
    for (const Grant& grant : client.pending) {
        add(side.allowed.contains(grant));
    }
    for (const std::string& text : side.shown) {
        key.append(text.substr(0, 2));
    }
    key.push_back('/');
    for (const auto& [text, parts] : client.door ? client.door->parts : ClientDoor{}.parts) {
        key.append(text.substr(0, 2));
    }
}

std::string ClientSurroundings::abstract() const {
    std::string key{exited_ ? "X" : "x"};
    const auto add = [&key](auto value) { key.push_back(static_cast<char>(static_cast<int>(value) + 48)); };
    add(world_.shutting_down);
    add(world_.keeps_desktops);
    add(world_.seats.at(SeatName{"seat0"}).state);
    add(commands_.size());
    add(watched_.size());
    for (const auto& [token, wait] : waits_) {
        const auto call = world_.calls.find(token);
        add(wait);
        key.append(call == world_.calls.end() ? "?" : form_of(call->second));
    }
    for (const auto& [id, side] : sides_) {
        const auto client = world_.clients.find(id);
        key.push_back('|');
        add(side.late ? side.late->step.step : Step::none);
        const auto* const shown_late = side.late ? std::get_if<ClientDoor>(&side.late->facts) : nullptr;
        for (const auto& [text, parts] : shown_late == nullptr ? ClientDoor{}.parts : shown_late->parts) {
            key.append(text.substr(0, 2));
        }
        for (const bool flag : {side.running.has_value(), side.timer.has_value(), side.container, side.door,
                                side.joined, side.streams, side.waiting.has_value()}) {
            add(flag);
        }
        if (client != world_.clients.end()) {
            add_client_to(key, client->second, side);
        }
    }
    return key;
}

} // namespace berth::test
