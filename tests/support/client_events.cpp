#include "model/json.hpp"
#include "policy/client_rules.hpp"
#include "support/client_script.hpp"
#include "support/client_surroundings.hpp"

#include <algorithm>

/// What could happen to clients.
namespace berth::test {

using namespace model;
using Move = ClientSurroundings::Move;

namespace {

/// A profile that can do without.
AppProfile with_optional_gpu() {
    AppProfile app = an_app({display, gpu});
    app.optional = {gpu};
    return app;
}

/// What `open_door` shows on a seat that lacks what the profile can do without.
ClientDoor lacking_optional(const AppProfile& app, ClientDoor door) {
    for (const Grant& grant : app.optional) {
        door.parts.erase(text_of(grant));
    }
    return door;
}

/// The profiles that a run may find.
std::vector<AppProfile> apps_of(const ClientScope& scope, const Request& request) {
    switch (scope.plays) {
    case ClientScope::Plays::life:
        return {an_app()};
    case ClientScope::Plays::grants:
        return {an_app({display}, {gpu}), with_optional_gpu()};
    case ClientScope::Plays::leases:
        return {an_app({}, {gpu})};
    case ClientScope::Plays::foreign:
    case ClientScope::Plays::desktops:
        return {an_app()};
    case ClientScope::Plays::names:
        return {an_app(), an_app({gpu})};
    case ClientScope::Plays::everything:
        return {an_app(), an_app({display}, {gpu}), an_app({ipc, gpu})};
    case ClientScope::Plays::pair:
        return {an_app({std::get<RunRequest>(request).name == scope.names.front().value ? ipc : display})};
    }
    return {};
}

/// Whether the step may fail or hang, too.
bool may_go_wrong(const ClientScope& scope, Step step) {
    const bool is_grant = step == Step::give || step == Step::take;
    const bool grants_alone = scope.plays == ClientScope::Plays::grants || scope.plays == ClientScope::Plays::leases;
    return grants_alone ? is_grant : scope.plays != ClientScope::Plays::pair;
}

ClientStepFinished finished(const ClientWork& work, StepFacts facts, std::optional<Failure> error = {}) {
    return ClientStepFinished{work.step.client, work.step.serial, work.step.step, std::move(facts), std::move(error)};
}

} // namespace

std::string describe(const Move& move) {
    switch (move.desktop) {
    case Move::Desktop::none:
        return model::describe(move.event);
    case Move::Desktop::comes:
        return "a desktop comes up";
    case Move::Desktop::goes:
        return "the desktop goes";
    case Move::Desktop::is_gone:
        return "the desktop is gone";
    }
    return {};
}

std::vector<Move> ClientSurroundings::possible() const {
    std::vector<Move> moves;
    if (exited_) {
        return moves;
    }
    for (const auto& [id, side] : sides_) {
        add_client_events(moves, id, side);
        scope_.plays == ClientScope::Plays::foreign ? add_attaches(moves, id) : add_runs(moves, id);
        if (world_.clients.contains(id)) {
            add_calls_on(moves, id);
        }
        if (scope_.has(ClientScope::Plays::leases)) {
            add_lease_moves(moves, id, side);
        }
    }
    for (const std::string& name : watched_) {
        moves.push_back({Event{now_, CallerGone{name}}});
    }
    for (const JobId& job : commands_) {
        moves.push_back({Event{now_, ExecEnded{job, 0, {}}}});
        moves.push_back({Event{now_, ExecEnded{job, -1, test::failure_of(Step::none)}}});
    }
    add_answers(moves);
    if (scope_.has(ClientScope::Plays::grants) || scope_.has(ClientScope::Plays::pair) ||
        scope_.has(ClientScope::Plays::desktops)) {
        add_desktop_moves(moves);
    }
    if (!world_.shutting_down) {
        moves.push_back({Event{now_, ShutdownRequested{false}}});
        moves.push_back({Event{now_, ShutdownRequested{true}}});
    }
    return moves;
}

void ClientSurroundings::add_client_events(std::vector<Move>& moves, const ClientId& id, const ClientSide& side) const {
    const auto add = [&](Happening what) { moves.push_back({Event{now_, std::move(what)}}); };
    const bool is_life = scope_.has(ClientScope::Plays::life);
    const auto client = world_.clients.find(id);
    const Step step = client == world_.clients.end() ? Step::none : client->second.step;
    if (side.running) {
        add(finished(*side.running, side.running->facts));
        if (may_go_wrong(scope_, side.running->step.step)) {
            add(finished(*side.running, {}, test::failure_of(side.running->step.step)));
        }
        const auto* const door = std::get_if<ClientDoor>(&side.running->facts);
        if (side.running->step.step == Step::open_door && door != nullptr && client != world_.clients.end() &&
            !client->second.plan.app.optional.empty()) {
            add(finished(*side.running, lacking_optional(client->second.plan.app, *door)));
        }
        if (side.running->step.step == Step::start && is_life) {
            add(finished(*side.running, InitStarted{0}));
        }
    }
    if (side.late) {
        add(finished(*side.late, side.late->facts));
        add(finished(*side.late, {}, test::failure_of(side.late->step.step)));
    }
    if (side.timer && may_go_wrong(scope_, step)) {
        add(ClientTimerFired{id, *side.timer});
    }
    if (side.streams) {
        add(StreamsEnded{id});
    }
    if (client == world_.clients.end()) {
        return;
    }
    if (client->second.init_pid != 0) {
        add(ClientExited{id, client->second.init_pid});
        if (is_life) {
            add(ClientPausedChanged{id, client->second.init_pid, !client->second.paused});
        }
    }
    add(ClientExited{id, 31337});
    add(ClientTimerFired{id, StepSerial{client->second.serial.value + 7}});
}

std::size_t ClientSurroundings::calls_of(const ClientId& id) const {
    return static_cast<std::size_t>(std::count_if(world_.calls.begin(), world_.calls.end(), [&](const auto& entry) {
        const auto* const run = std::get_if<RunRequest>(&entry.second.request);
        const auto* const give = std::get_if<GrantRequest>(&entry.second.request);
        const auto* const take = std::get_if<RevokeRequest>(&entry.second.request);
        const auto* const attach = std::get_if<AttachRequest>(&entry.second.request);
        return (attach != nullptr && attach->name == id.value) || (run != nullptr && run->name == id.value) ||
               (give != nullptr && give->client == id) || (take != nullptr && take->client == id);
    }));
}

Event ClientSurroundings::called(Request request, std::uint32_t uid, std::optional<ClientId> self) const {
    return Event{now_, Called{CallToken{last_token_ + 1}, Caller{":1.9", uid, std::move(self)}, std::move(request)}};
}

void ClientSurroundings::add_runs(std::vector<Move>& moves, const ClientId& id) const {
    if (calls_of(id) != 0) {
        return;
    }
    if (scope_.has(ClientScope::Plays::desktops)) {
        add_desktops_runs(moves, id);
    }
    if (scope_.plays == ClientScope::Plays::desktops) {
        return;
    }
    const bool with_streams = scope_.has(ClientScope::Plays::life) || scope_.has(ClientScope::Plays::names);
    for (const bool streamed : {false, true}) {
        for (const bool keep : {false, true}) {
            RunRequest run = a_run(id);
            run.streamed = streamed;
            run.keep = keep;
            if ((with_streams || !streamed) && (scope_.has(ClientScope::Plays::life) || !keep)) {
                moves.push_back({called(run, 0, {})});
                if (scope_.has(ClientScope::Plays::names)) {
                    moves.push_back({called(run, 1000, {})});
                }
            }
        }
    }
}

/// Allowed, kept, and of an app that its profile does not name.
void ClientSurroundings::add_desktops_runs(std::vector<Move>& moves, const ClientId& id) const {
    for (const auto& [app, keep] : {std::pair{"chrome", false}, std::pair{"chrome", true}, std::pair{"vlc", false}}) {
        RunRequest run = a_run(id);
        run.app = app;
        run.keep = keep;
        run.seat = seat0.value;
        Event event = called(run, 1000, {});
        std::get<Called>(event.what).caller.desktop = seat0;
        moves.push_back({std::move(event)});
    }
}

void ClientSurroundings::add_attaches(std::vector<Move>& moves, const ClientId& id) const {
    if (calls_of(id) == 0) {
        const Grant kvm{GrantKind::kvm, {}};
        moves.push_back({called(AttachRequest{"db", {kvm}, id.value, {}}, 0, {})});
        moves.push_back({called(AttachRequest{"db", {}, id.value, {}}, 1000, {})});
    }
}

void ClientSurroundings::add_calls_on(std::vector<Move>& moves, const ClientId& id) const {
    const auto add = [&](Request request, std::uint32_t uid = 0, std::optional<ClientId> self = {}) {
        moves.push_back({called(std::move(request), uid, std::move(self))});
    };
    add(StopRequest{id, 0});
    if (scope_.plays == ClientScope::Plays::foreign) {
        add(FreezeClientRequest{id, true});
        add(FreezeClientRequest{id, false});
        if (calls_of(id) == 0) {
            add(GrantRequest{id, {gpu}});
            add(RevokeRequest{id, {gpu, Grant{GrantKind::kvm, {}}}});
        }
        return;
    }
    if (scope_.has(ClientScope::Plays::pair) || scope_.has(ClientScope::Plays::grants)) {
        add_grant_calls(moves, id);
    }
    if (!scope_.has(ClientScope::Plays::life)) {
        return;
    }
    for (const auto& [job, known] : world_.jobs) {
        if (known.client == id) {
            add(CancelRequest{job});
        }
    }
    add(StopRequest{id, 10'000});
    add(FreezeClientRequest{id, true});
    add(FreezeClientRequest{id, false});
    add(SnapshotClientRequest{id, "saved"});
    add(SignalRequest{id, 15});
    if (commands_.empty()) {
        add(ExecRequest{id, {"ls"}, {}, {}, {}, false});
        add(LogsRequest{id, true, 0});
    }
}

/// Of those that wait, two at a time: one for its step, and a revocation behind it.
void ClientSurroundings::add_grant_calls(std::vector<Move>& moves, const ClientId& id) const {
    const bool is_pair = scope_.plays == ClientScope::Plays::pair;
    const std::size_t waiting = calls_of(id);
    if (waiting >= (is_pair ? 1U : 2U)) {
        return;
    }
    if (!is_pair) {
        moves.push_back({called(RevokeRequest{id, {display, gpu}}, 0, {})});
    }
    if (waiting == 0) {
        moves.push_back({called(GrantRequest{id, {gpu}}, 0, {})});
    }
    if (waiting == 0 && !is_pair) {
        const Grant kvm{GrantKind::kvm, {}}; // which its profile does not name
        moves.push_back({called(GrantRequest{id, {gpu}}, 1000, id)});
        moves.push_back({called(GrantRequest{id, {kvm}}, 1000, id)});
        moves.push_back({called(GrantRequest{id, {kvm}}, 1000, {})});
    }
}

void ClientSurroundings::add_answers(std::vector<Move>& moves) const {
    for (const auto& [token, wait] : waits_) {
        if (wait == Wait::authority) {
            moves.push_back({Event{now_, Authorized{token, true, {}}}});
            moves.push_back({Event{now_, Authorized{token, false, "not on the list"}}});
        } else if (wait == Wait::open) {
            moves.push_back({Event{now_, OpenEnded{token, {}}}});
            moves.push_back({Event{now_, OpenEnded{token, test::failure_of(Step::none)}}});
        } else if (wait == Wait::profile) {
            for (const AppProfile& app : apps_of(scope_, world_.calls.at(token).request)) {
                moves.push_back({Event{now_, AppRead{token, app, {}}}});
            }
            moves.push_back({Event{now_, AppRead{token, {}, "chrome.json:1: broken"}}});
        }
    }
}

void ClientSurroundings::add_desktop_moves(std::vector<Move>& moves) const {
    const Seat& seat = world_.seats.at(seat0);
    const auto add = [&](Move::Desktop desktop) { moves.push_back({Event{now_, {}}, desktop}); };
    switch (seat.state) {
    case SeatState::vacant:
        if (!world_.shutting_down) {
            add(Move::Desktop::comes);
        }
        break;
    case SeatState::seated:
    case SeatState::frozen:
        if (!world_.shutting_down) {
            add(Move::Desktop::goes);
        }
        break;
    case SeatState::draining:
    case SeatState::restoring:
        add(Move::Desktop::is_gone);
        break;
    case SeatState::preparing:
    case SeatState::starting:
    case SeatState::held:
        break; // within a move, or of desktops that fail
    }
}

} // namespace berth::test
