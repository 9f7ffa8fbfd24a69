#include "support/client_script.hpp"

#include "policy/decide.hpp"
#include "support/script.hpp"

namespace berth::test {

using namespace model;

namespace {

constexpr int client_patience = 100; // events; coming up and going takes fewer than 30

bool is_settled(const Client& client) {
    return client.step == Step::none;
}

} // namespace

AppProfile an_app(std::vector<Grant> grants, std::vector<Grant> may_ask) {
    AppProfile app;
    app.name = "chrome";
    app.image = "localhost/chrome:test";
    app.command = {"chrome"};
    app.grants = std::move(grants);
    app.may_ask = std::move(may_ask);
    app.stop_s = 7;
    return app;
}

RunRequest a_run(const ClientId& name) {
    RunRequest run;
    run.app = "chrome";
    run.name = name.value;
    return run;
}

ClientDoor a_client_door(const std::vector<Grant>& grants) {
    ClientDoor door{"/door", {}};
    for (const Grant& grant : grants) {
        const std::string text = text_of(grant);
        door.parts[text] = GrantParts{{text + "-socket"}, {{"HAS_" + std::string{name_of(grant.kind)}, "1"}}, {}};
    }
    return door;
}

StepFacts success_of(Step step, const std::vector<Grant>& grants) {
    if (step == Step::open_door || step == Step::give || step == Step::take || step == Step::adopt) {
        return a_client_door(grants);
    }
    if (step == Step::create) {
        return ContainerCreated{"c0ffee", {"/dev/kvm"}, {}};
    }
    if (step == Step::start) {
        return InitStarted{4242};
    }
    if (step == Step::find) {
        return ContainerFound{"f00d", "postgres:15", 4242, false};
    }
    if (step == Step::join) {
        return ContainerJoined{4242, {{"/run/berth", 5, 1}}};
    }
    return step == Step::collect ? StepFacts{ExitFacts{3}} : StepFacts{};
}

ClientScript::ClientScript() : world_{Script{}.world()} {}

void ClientScript::happens(Happening what) {
    Decision decision = policy::decide(std::move(world_), Event{now_, std::move(what)});
    world_ = std::move(decision.world);
    effects_ = std::move(decision.effects);
    for (const Effect& effect : effects_) {
        notes(effect);
    }
}

void ClientScript::notes(const Effect& effect) {
    all_.push_back(effect);
    if (const auto* const step = std::get_if<RunClientStep>(&effect)) {
        steps_.push_back(step->step);
    } else if (const auto* const reply = std::get_if<Reply>(&effect)) {
        replies_.emplace(reply->token, *reply);
    } else if (const auto* const job = std::get_if<PublishJob>(&effect)) {
        jobs_[job->job.id] = job->job;
    } else if (const auto* const record = std::get_if<RecordGrant>(&effect)) {
        records_.push_back(record->grant + " " + record->what);
        askers_.push_back(record->who);
    }
}

void ClientScript::forgets() {
    steps_.clear();
    records_.clear();
    askers_.clear();
    all_.clear();
}

CallToken ClientScript::call(Request request, std::uint32_t uid) {
    const CallToken token{++last_token_};
    happens(Called{token, Caller{":1.7", uid}, std::move(request)});
    return token;
}

CallToken ClientScript::asks(const ClientId& self, Request request) {
    const CallToken token{++last_token_};
    happens(Called{token, Caller{"", 1000, self}, std::move(request)});
    return token;
}

CallToken ClientScript::desktop_asks(Request request) {
    const CallToken token{++last_token_};
    happens(Called{token, Caller{"seat seat0 connection 1", 1000, {}, seat0}, std::move(request)});
    return token;
}

CallToken ClientScript::run(const RunRequest& request, AppProfile app) {
    const CallToken token = call(request);
    happens(AppRead{token, std::move(app), {}});
    return token;
}

CallToken ClientScript::runs(const RunRequest& request, AppProfile app) {
    const CallToken token = run(request, std::move(app));
    runs_to_rest();
    return token;
}

void ClientScript::succeeds_with(StepFacts facts) {
    const Client& now = client(current_);
    happens(ClientStepFinished{current_, now.serial, now.step, std::move(facts), std::nullopt});
}

void ClientScript::succeeds() {
    const Client now = client(current_);
    if (now.step == Step::flush) {
        streams_end();
        return;
    }
    std::vector<Grant> grants = now.grants;
    if (now.step == Step::give) {
        grants.insert(grants.end(), now.pending.begin(), now.pending.end());
    } else if (now.step == Step::take) {
        std::erase_if(grants, [&](const Grant& grant) {
            return std::find(now.pending.begin(), now.pending.end(), grant) != now.pending.end();
        });
    }
    succeeds_with(success_of(now.step, grants));
    if ((now.step == Step::stop || now.step == Step::kill) && now.init_pid != 0) {
        happens(ClientExited{current_, now.init_pid});
    }
}

void ClientScript::fails(ErrorCode code) {
    const Client& now = client(current_);
    happens(ClientStepFinished{current_, now.serial, now.step, {}, test::failure_of(now.step, code)});
}

void ClientScript::times_out() {
    happens(ClientTimerFired{current_, client(current_).serial});
}

void ClientScript::times_out_for_now() {
    const Client& now = client(current_);
    std::vector<Grant> grants = now.grants;
    grants.insert(grants.end(), now.pending.begin(), now.pending.end());
    late_ = ClientStepFinished{current_, now.serial, now.step, success_of(now.step, grants), std::nullopt};
    times_out();
}

void ClientScript::answers_late() {
    happens(late_.value());
}

void ClientScript::exits() {
    happens(ClientExited{current_, client(current_).init_pid});
}

bool ClientScript::runs_to(Step step) {
    for (int left = client_patience; left > 0 && is_there(current_) && client(current_).step != step; --left) {
        if (is_settled(client(current_))) {
            return false;
        }
        succeeds();
    }
    return is_there(current_) && client(current_).step == step;
}

void ClientScript::runs_to_rest() {
    for (int left = client_patience; left > 0 && is_there(current_) && !is_settled(client(current_)); --left) {
        succeeds();
    }
}

/// Everything of the desktop succeeds until its seat is there.
void ClientScript::seat_goes_to(SeatState state) {
    for (int left = client_patience; left > 0 && world_.seats.at(seat0).state != state; --left) {
        const Seat seat = world_.seats.at(seat0);
        if (seat.step == Step::await_session) {
            happens(SessionReady{seat0, {}});
            continue;
        }
        happens(StepFinished{seat0, seat.serial, seat.step, test::success_of(seat.step), std::nullopt});
        if ((seat.step == Step::stop || seat.step == Step::kill) && seat.init_pid != 0) {
            happens(InitExited{seat0, seat.init_pid});
        }
    }
}

void ClientScript::desktop_comes() {
    const CallToken up = call(UpRequest{seat0, "gnome", {}, {}});
    happens(ProfileRead{up, a_profile(), {}});
    seat_goes_to(SeatState::seated);
}

void ClientScript::desktop_goes() {
    call(DownRequest{seat0, false});
    seat_goes_to(SeatState::vacant);
}

std::optional<Reply> ClientScript::reply_to(CallToken token) const {
    const auto found = replies_.find(token);
    return found == replies_.end() ? std::nullopt : std::optional{found->second};
}

std::optional<Refused> ClientScript::refusal_to(CallToken token) const {
    return refusal_in(reply_to(token));
}

JobId ClientScript::job_of(CallToken token) const {
    return job_in(reply_to(token));
}

Job ClientScript::job(JobId id) const {
    const auto found = jobs_.find(id);
    return found == jobs_.end() ? Job{} : found->second;
}

} // namespace berth::test
