#include "model/json.hpp"
#include "policy/client_rules.hpp"
#include "support/client_script.hpp"
#include "support/client_surroundings.hpp"

#include <algorithm>

/// Leases that end by themselves, and what is opened by one: what could happen, and what must hold.
namespace berth::test {

using namespace model;
using Move = ClientSurroundings::Move;

namespace {

constexpr Microseconds an_end = 100;

} // namespace

void ClientSurroundings::note_shown(ClientSide& side, const std::optional<ClientWork>& work, const ClientDoor* door) {
    for (const Grant& grant : work&& side.door ? work->shows : std::vector<Grant>{}) {
        if (door == nullptr || door->parts.contains(text_of(grant))) {
            side.shown.insert(text_of(grant));
        }
    }
}

void ClientSurroundings::add_lease_moves(std::vector<Move>& moves, const ClientId& id, const ClientSide& side) const {
    const auto add = [&](Request request, std::uint32_t uid = 0, std::optional<ClientId> self = {}) {
        moves.push_back({called(std::move(request), uid, std::move(self))});
    };
    if (side.lease_timer) {
        moves.push_back({Event{now_, LeaseTimerFired{id, *side.lease_timer}}});
    }
    if (!world_.clients.contains(id)) {
        return;
    }
    const std::size_t waiting = calls_of(id);
    if (waiting == 0) {
        add(GrantRequest{id, {gpu}, an_end, false});
        add(GrantRequest{id, {gpu}, 0, true});
        add(GrantRequest{id, {gpu}});
    }
    if (waiting < 2) {
        add(RevokeRequest{id, {gpu}});
    }
    const bool opens = std::any_of(waits_.begin(), waits_.end(), [](const auto& w) { return w.second == Wait::open; });
    if (!opens) {
        add(OpenRequest{id, SelfOpen::render_node}, 1000, id);
    }
}

void ClientSurroundings::note_lease_effect(const Effect& effect) {
    if (const auto* const arm = std::get_if<ArmLeaseTimer>(&effect)) {
        sides_[arm->client].lease_timer = arm->at;
    } else if (const auto* const clear = std::get_if<ClearLeaseTimer>(&effect)) {
        sides_[clear->client].lease_timer.reset();
    } else if (const auto* const watch = std::get_if<WatchCaller>(&effect)) {
        watched_.insert(watch->bus_name);
    } else if (const auto* const open = std::get_if<OpenForClient>(&effect)) {
        waits_[open->token] = Wait::open;
        const auto client = world_.clients.find(open->client);
        demand(client != world_.clients.end() &&
                   std::count(client->second.grants.begin(), client->second.grants.end(), gpu) != 0,
               "something is opened without a lease");
    }
}

/// A desktop's own run, whose reply comes when the client has what its profile grants already.
void ClientSurroundings::note_desktops_run(const AppRead& read) {
    const auto call = world_.calls.find(read.token);
    const auto* const run = call == world_.calls.end() ? nullptr : std::get_if<RunRequest>(&call->second.request);
    if (run == nullptr || !call->second.caller.desktop || !read.app) {
        return;
    }
    const auto kept = world_.clients.find(ClientId{run->name});
    if (kept != world_.clients.end() && kept->second.state != ClientState::exited) {
        return; // its name is taken
    }
    const AppProfile& app = kept == world_.clients.end() ? *read.app : kept->second.plan.app;
    ClientSide& side = sides_[ClientId{run->name}];
    side.allowed = {app.grants.begin(), app.grants.end()};
    if (!scope_.has(ClientScope::Plays::names)) {
        side.late.reset();
    }
}

void ClientSurroundings::note_lease_event(const Event& event) {
    if (const auto* const fired = std::get_if<LeaseTimerFired>(&event.what)) {
        sides_[fired->client].lease_timer.reset();
    } else if (const auto* const gone = std::get_if<CallerGone>(&event.what)) {
        watched_.erase(gone->bus_name);
    } else if (const auto* const read = std::get_if<AppRead>(&event.what)) {
        if (const auto wait = waits_.find(read->token); wait != waits_.end()) {
            wait->second = Wait::turn; // a profile is read once
        }
        note_desktops_run(*read);
    }
}

void ClientSurroundings::check_leases(const Client& client, const ClientSide& side) {
    demand(!client.ends.empty() || !side.lease_timer, client.id.value + ": a timer of leases that nothing needs");
    for (const auto& [text, end] : client.ends) {
        const std::string lease = client.id.value + ": " + text;
        const bool is_lease = std::any_of(client.grants.begin(), client.grants.end(),
                                          [&, name = text](const Grant& grant) { return text_of(grant) == name; });
        demand(is_lease, lease + " has an end and is no lease");
        demand(end.at != 0 || !end.with.empty(), lease + " has an end that never comes");
        if (end.is_due) {
            demand(client.step != Step::none, lease + " is over and nobody takes it");
            continue;
        }
        demand(end.at == 0 || (side.lease_timer && *side.lease_timer <= end.at), lease + ": nobody waits for its end");
        demand(end.with.empty() || watched_.contains(end.with), lease + ": nobody watches its connection");
    }
}

void ClientSurroundings::add_ends_to(std::string& key, const Client& client, const ClientSide& side) const {
    for (const auto& [text, end] : client.ends) {
        key.append(text.substr(0, 2));
        key.push_back(end.at != 0 ? 't' : '-');
        key.push_back(end.with.empty() ? '-' : 'c');
        key.push_back(end.is_due ? 'd' : '-');
    }
    key.push_back(side.lease_timer ? 'T' : '-');
}

} // namespace berth::test
