#include "support/client_surroundings.hpp"

#include "model/json.hpp"
#include "policy/client_rules.hpp"
#include "policy/client_table.hpp"
#include "support/client_script.hpp"

#include <algorithm>

namespace berth::test {

using namespace model;

namespace {

constexpr Microseconds first_instant = 1'000'000'000;

/// Whether its success leaves something behind that must be undone though nobody waits for it any more.
bool can_be_late(Step step) {
    return step == Step::open_door || step == Step::create || step == Step::attach || step == Step::give ||
           step == Step::take || step == Step::join;
}

std::string container_of(const ClientId& id) {
    return "container-" + id.value;
}

/// What the step finds, as things are when it begins.
StepFacts facts_of(const Client& client, Step step) {
    if (step == Step::create) {
        return ContainerCreated{container_of(client.id)};
    }
    if (step == Step::find) {
        return ContainerFound{container_of(client.id), "debian:12", 4242, false};
    }
    if (step != Step::give && step != Step::take && step != Step::adopt) {
        return success_of(step, client.grants);
    }
    ClientDoor door = client.door.value_or(ClientDoor{"/door", {}});
    for (const Grant& grant : step == Step::adopt ? client.grants : client.pending) {
        if (step == Step::take) {
            door.parts.erase(text_of(grant));
        } else {
            door.parts.merge(a_client_door({grant}).parts);
        }
    }
    return door;
}

std::vector<Grant> shown_by(const Client& client, Step step) {
    if (step == Step::give) {
        return client.pending;
    }
    return step == Step::open_door || step == Step::adopt ? client.grants : std::vector<Grant>{};
}

} // namespace

ClientSurroundings::ClientSurroundings(ClientScope scope)
    : scope_{std::move(scope)}, now_{first_instant}, last_job_{0} {
    for (const ClientId& id : scope_.names) {
        sides_[id];
    }
    static_cast<void>(take(Event{now_, Configured{{seat0}, a_host()}}));
    static_cast<void>(take(Event{now_, LeftoversFound{}}));
}

void ClientSurroundings::demand(bool holds, const std::string& what) {
    if (!holds) {
        wrong_.push_back(what);
    }
}

std::vector<std::string> ClientSurroundings::take(const Move& move) {
    if (move.desktop == Move::Desktop::none) {
        return take(move.event);
    }
    std::vector<std::string> wrong;
    play_desktop(move.desktop);
    std::swap(wrong, wrong_);
    return wrong;
}

std::vector<std::string> ClientSurroundings::take(const Event& event) {
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

/// Everything of the desktop succeeds at once, up to where the move ends.
void ClientSurroundings::play_desktop(Move::Desktop move) {
    std::vector<std::string> wrong;
    const auto play = [&](Happening what) {
        const std::vector<std::string> more = take(Event{now_, std::move(what)});
        wrong.insert(wrong.end(), more.begin(), more.end());
    };
    if (move == Move::Desktop::comes) {
        const CallToken token{last_token_ + 1};
        play(Called{token, Caller{":1.1", 0}, UpRequest{seat0, "gnome", {}, {}}});
        play(ProfileRead{token, a_profile(), {}});
    } else if (move == Move::Desktop::goes) {
        play(Called{CallToken{last_token_ + 1}, Caller{":1.1", 0}, DownRequest{seat0, true}});
    }
    for (int left = 40; left > 0; --left) { // a bring-up and a tear-down are shorter
        const Seat seat = world_.seats.at(seat0);
        const bool goes = move == Move::Desktop::goes && seat.state == SeatState::draining;
        if (goes || seat.step == Step::none) {
            break;
        }
        if (seat.step == Step::await_session) {
            play(SessionReady{seat0, {}});
            continue;
        }
        play(StepFinished{seat0, seat.serial, seat.step, test::success_of(seat.step), std::nullopt});
        if ((seat.step == Step::stop || seat.step == Step::kill) && seat.init_pid != 0) {
            play(InitExited{seat0, seat.init_pid});
        }
    }
    wrong_ = std::move(wrong);
}

std::vector<std::string> ClientSurroundings::crashes(Remains remains) {
    LeftoversFound found;
    for (auto& [id, side] : sides_) {
        const Step doing = side.running ? side.running->step.step : Step::none;
        side.container = side.container || doing == Step::create; // It may have been done, though nobody was told.
        side.door = side.door || doing == Step::open_door;
        side.joined = side.joined && side.file && !side.file->mounts.empty() && remains == Remains::alive;
        side.running = side.late = std::nullopt;
        side.timer.reset();
        side.lease_timer.reset();
        side.waiting.reset();
        side.streams = side.published = false;
        side.shown.clear();
        if (side.file) {
            found.kept_clients.push_back(*side.file);
        }
        if (side.door) {
            found.doors.push_back(id);
        }
        side.container = side.container && remains != Remains::removed;
        const auto known = world_.clients.find(id);
        const std::int32_t pid = known == world_.clients.end() ? 0 : known->second.init_pid;
        const bool foreign = side.file && is_foreign(*side.file) && !side.file->container.empty();
        if (foreign && remains == Remains::alive &&
            pid != 0) { // the kernel says so: the engine's list has berth's alone
            found.client_leftovers.push_back({id.value, side.file->container, pid, {}, side.file->paused});
        } else if (side.container) {
            const std::int32_t seen = remains == Remains::alive ? pid : remains == Remains::another ? 777 : 0;
            const bool paused = seen != 0 && known != world_.clients.end() && known->second.paused;
            found.client_leftovers.push_back({id.value, container_of(id), seen, {}, paused});
        }
    }
    world_ = World{};
    waits_.clear();
    jobs_.clear();
    commands_.clear();
    watched_.clear();
    last_job_ = JobId{0};
    std::vector<std::string> wrong = take(Event{now_, Configured{{seat0}, a_host()}});
    const std::vector<std::string> more = take(Event{now_, std::move(found)});
    wrong.insert(wrong.end(), more.begin(), more.end());
    return wrong;
}

void ClientSurroundings::note_called(const Called& called) {
    last_token_ = std::max(last_token_, called.token.value);
    waits_.emplace(called.token, Wait::turn);
    if (const auto* const attach = std::get_if<AttachRequest>(&called.request)) {
        if (called.caller.uid == 0 && !world_.clients.contains(ClientId{attach->name})) {
            sides_[ClientId{attach->name}].allowed = {attach->grants.begin(), attach->grants.end()};
        }
        return;
    }
    const auto* const give = std::get_if<GrantRequest>(&called.request);
    const auto client = give == nullptr ? world_.clients.end() : world_.clients.find(give->client);
    if (client == world_.clients.end()) {
        return;
    }
    const AppProfile& app = client->second.plan.app;
    for (const Grant& grant : give->grants) {
        const bool by_profile = std::count(app.grants.begin(), app.grants.end(), grant) != 0 ||
                                std::count(app.may_ask.begin(), app.may_ask.end(), grant) != 0;
        if (called.caller.self ? by_profile : called.caller.uid == 0) {
            sides_[give->client].allowed.insert(grant);
        }
    }
}

/// What an event does to the outside itself, before the policy hears of it.
void ClientSurroundings::note_event(const Event& event) {
    undoes_late_ = false;
    note_lease_event(event);
    if (const auto* const done = std::get_if<ClientStepFinished>(&event.what)) {
        ClientSide& side = sides_[done->client];
        const auto is_this = [&](const std::optional<ClientWork>& work) {
            return work && work->step.serial == done->serial;
        };
        undoes_late_ = is_this(side.late);
        if (!done->error) {
            side.container = side.container || done->step == Step::create;
            side.door = side.door || done->step == Step::open_door;
            (undoes_late_ ? side.joined_late : side.joined) |= done->step == Step::join;
            if (done->step == Step::attach) {
                side.waiting = undoes_late_ ? side.waiting : std::nullopt;
                side.streams = true;
            }
            note_shown(side, undoes_late_ ? side.late : side.running, std::get_if<ClientDoor>(&done->facts));
        }
        (undoes_late_ ? side.late : side.running).reset();
    } else if (const auto* const fired = std::get_if<ClientTimerFired>(&event.what)) {
        ClientSide& side = sides_[fired->client];
        if (side.timer == fired->serial) {
            side.timer.reset();
            if (side.running && side.running->step.serial == fired->serial) {
                side.late = scope_.plays != ClientScope::Plays::pair && can_be_late(side.running->step.step)
                                ? side.running
                                : std::nullopt;
                side.running.reset();
            }
        }
    } else if (const auto* const exited = std::get_if<ClientExited>(&event.what)) {
        const auto client = world_.clients.find(exited->client);
        if (client != world_.clients.end() && client->second.init_pid == exited->pid) {
            sides_[exited->client].joined = sides_[exited->client].joined_late = false; // its mounts went with it
        }
    } else if (const auto* const ended = std::get_if<StreamsEnded>(&event.what)) {
        sides_[ended->client].streams = false;
    } else if (const auto* const exec = std::get_if<ExecEnded>(&event.what)) {
        commands_.erase(exec->job);
    } else if (const auto* const verdict = std::get_if<Authorized>(&event.what)) {
        const auto call = world_.calls.find(verdict->token);
        const auto* const give =
            call == world_.calls.end() ? nullptr : std::get_if<GrantRequest>(&call->second.request);
        if (give != nullptr && verdict->allowed) {
            sides_[give->client].allowed.insert(give->grants.begin(), give->grants.end());
        }
    } else if (const auto* const called = std::get_if<Called>(&event.what)) {
        note_called(*called);
    }
}

void ClientSurroundings::note_reply(const Reply& reply) {
    demand(waits_.erase(reply.token) == 1, "a call was answered twice");
    const auto* const job = std::get_if<JobId>(&reply.answer);
    const auto known = job == nullptr ? world_.jobs.end() : world_.jobs.find(*job);
    if (known == world_.jobs.end() || known->second.kind != JobKind::run) {
        return;
    }
    ClientSide& side = sides_[known->second.client];
    const Client& client = world_.clients.at(known->second.client);
    side.allowed = {client.plan.app.grants.begin(), client.plan.app.grants.end()};
    if (!scope_.has(ClientScope::Plays::names)) {
        side.late.reset();
    }
    if (client.plan.streamed) {
        side.waiting = reply.token;
    }
}

void ClientSurroundings::note_step(const RunClientStep& step) {
    ClientSide& side = sides_[step.client];
    const bool ends_by_death =
        side.running && (side.running->step.step == Step::stop || side.running->step.step == Step::kill);
    demand(!side.running || ends_by_death || undoes_late_, "two steps of one client run at once");
    const auto client = world_.clients.find(step.client);
    demand(client != world_.clients.end(), "a step runs on a client that is not there");
    if (client == world_.clients.end()) {
        return;
    }
    side.running = ClientWork{step, facts_of(client->second, step.step), shown_by(client->second, step.step)};
    side.container = side.container && step.step != Step::remove;
    if (step.step == Step::take) {
        for (const Grant& grant : client->second.pending) {
            side.shown.erase(text_of(grant));
        }
    } else if (step.step == Step::part) {
        side.joined = false;
    } else if (step.step == Step::close_door) {
        side.door = false;
        side.shown.clear();
    } else if (step.step == Step::start) {
        side.late.reset(); // Whatever an earlier one of that name began has ended by now.
    }
}

bool ClientSurroundings::note_effect_of_step(const Effect& effect) {
    if (const auto* const step = std::get_if<RunClientStep>(&effect)) {
        note_step(*step);
    } else if (const auto* const arm = std::get_if<ArmClientTimer>(&effect)) {
        demand(arm->after_ms > 0, "a timer of no time was armed");
        sides_[arm->client].timer = arm->serial;
    } else if (const auto* const clear = std::get_if<ClearClientTimer>(&effect)) {
        sides_[clear->client].timer.reset();
    } else if (const auto* const watch = std::get_if<WatchClient>(&effect)) {
        demand(watch->pid > 0, "a process without a number is watched");
    } else if (const auto* const publish = std::get_if<PublishClient>(&effect)) {
        const auto client = world_.clients.find(publish->client);
        if (client != world_.clients.end()) {
            sides_[publish->client].published = true;
            sides_[publish->client].file = client->second;
        }
    } else if (const auto* const withdraw = std::get_if<WithdrawClient>(&effect)) {
        ClientSide& side = sides_[withdraw->client];
        demand(!world_.clients.contains(withdraw->client), "a client was withdrawn and is there");
        side.published = false;
        side.file.reset();
        side.running.reset();
        side.timer.reset(); // as the Runner does
        side.lease_timer.reset();
    } else {
        return false;
    }
    return true;
}

void ClientSurroundings::note_effect(const Effect& effect) {
    if (note_effect_of_step(effect)) {
        return;
    }
    if (const auto* const reply = std::get_if<Reply>(&effect)) {
        note_reply(*reply);
    } else if (const auto* const ask = std::get_if<Authorize>(&effect)) {
        waits_[ask->token] = Wait::authority;
    } else if (const auto* const read = std::get_if<ReadApp>(&effect)) {
        waits_[read->token] = Wait::profile;
    } else if (const auto* const job = std::get_if<PublishJob>(&effect)) {
        note_job(job->job);
    } else if (const auto* const exec = std::get_if<RunExec>(&effect)) {
        commands_.insert(exec->job);
    } else if (const auto* const logs = std::get_if<RunLogs>(&effect)) {
        commands_.insert(logs->job);
    } else if (std::holds_alternative<UndoJoin>(effect)) {
        for (auto& [id, side] : sides_) {
            side.joined_late = false;
        }
    } else if (const auto* const drop = std::get_if<DropStreams>(&effect)) {
        for (auto& [id, side] : sides_) {
            side.waiting = side.waiting == drop->token ? std::nullopt : side.waiting;
        }
    } else if (const auto* const end = std::get_if<EndStreams>(&effect)) {
        sides_[end->client].streams = false;
    } else if (const auto* const record = std::get_if<RecordGrant>(&effect)) {
        demand(!record->grant.empty() && !record->what.empty() && !record->who.empty(), "a record says nothing");
    } else if (std::holds_alternative<Exit>(effect)) {
        exited_ = true;
    } else {
        note_lease_effect(effect);
    }
}

void ClientSurroundings::note_job(const Job& job) {
    const bool is_new = last_job_ < job.id;
    demand(is_new || jobs_.contains(job.id), "a job that had ended was published again");
    last_job_ = std::max(last_job_, job.id);
    if (job.state == JobState::running || job.state == JobState::cancelling) {
        jobs_[job.id] = job.kind;
    } else {
        jobs_.erase(job.id);
        demand(!job.message.empty(), "a job ended without a sentence");
        demand((job.state == JobState::done) == job.error.empty(), "a job's error does not fit its end");
    }
}

bool ClientSurroundings::is_gone(const ClientId& id) const {
    const auto client = world_.clients.find(id);
    return client == world_.clients.end() || client->second.state == ClientState::exited;
}

std::optional<Event> ClientSurroundings::everything_fails(const ClientId& id) const {
    const ClientSide& side = sides_.at(id);
    const auto client = world_.clients.find(id);
    if (client != world_.clients.end() && side.running && side.running->step.serial == client->second.serial) {
        const RunClientStep& step = side.running->step;
        return Event{now_, ClientStepFinished{id, step.serial, step.step, {}, test::failure_of(step.step)}};
    }
    return everything_hangs(id);
}

std::optional<Event> ClientSurroundings::everything_hangs(const ClientId& id) const {
    const ClientSide& side = sides_.at(id);
    return side.timer ? std::optional{Event{now_, ClientTimerFired{id, *side.timer}}} : std::nullopt;
}

} // namespace berth::test
