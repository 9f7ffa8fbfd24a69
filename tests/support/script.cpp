#include "support/script.hpp"

#include "base/overloaded.hpp"
#include "policy/decide.hpp"

namespace berth::test {

using namespace model;

namespace {

constexpr int patience = 200; // events; a bring-up and a tear-down with retries need fewer than 60

bool rests(const Seat& seat) {
    return seat.step == Step::none && (seat.state == SeatState::vacant || seat.state == SeatState::held ||
                                       seat.state == SeatState::seated || seat.state == SeatState::frozen);
}

} // namespace

Script::Script(std::vector<SeatName> seats) {
    current_ = seats.front();
    happens(Configured{std::move(seats), a_host()});
    happens(LeftoversFound{});
}

void Script::happens(Happening what) {
    Decision decision = policy::decide(std::move(world_), Event{now_, std::move(what)});
    world_ = std::move(decision.world);
    effects_ = std::move(decision.effects);
    for (const Effect& effect : effects_) {
        notes(effect);
    }
}

void Script::notes(const Effect& effect) {
    if (const auto* const step = std::get_if<RunStep>(&effect)) {
        steps_.push_back(step->step);
    } else if (const auto* const reply = std::get_if<Reply>(&effect)) {
        replies_.emplace(reply->token, *reply);
    } else if (const auto* const job = std::get_if<PublishJob>(&effect)) {
        jobs_[job->job.id].push_back(job->job);
    } else if (const auto* const print = std::get_if<PrintOnTty>(&effect)) {
        printed_.push_back(print->text);
    } else if (std::holds_alternative<Exit>(effect)) {
        exited_ = true;
    }
}

CallToken Script::call(Request request, std::uint32_t uid) {
    const CallToken token{++last_token_};
    happens(Called{token, Caller{":1.7", uid}, std::move(request)});
    return token;
}

CallToken Script::up(SeatMode mode, const SeatName& seat) {
    const CallToken token = call(UpRequest{seat, "gnome", {}, {}});
    happens(ProfileRead{token, a_profile(mode), {}});
    return token;
}

void Script::finishes(StepFacts facts, std::optional<Failure> error) {
    const Seat& seat = world_.seats.at(current_);
    happens(StepFinished{current_, seat.serial, seat.step, std::move(facts), std::move(error)});
}

void Script::succeeds() {
    const Step step = seat(current_).step;
    const std::int32_t pid = seat(current_).init_pid;
    if (step == Step::await_session) {
        session_ready();
        return;
    }
    finishes(success_of(step), std::nullopt);
    if ((step == Step::stop || step == Step::kill) && pid != 0) {
        happens(InitExited{current_, pid});
    }
}

void Script::fails(ErrorCode code) {
    const Step step = seat(current_).step;
    finishes({}, test::failure_of(step, code));
}

void Script::times_out() {
    const Seat& now = seat(current_);
    if ((now.step == Step::await_session || now.step == Step::probe_shell) && now.start_deadline > now_) {
        now_ = now.start_deadline;
    }
    timer_fires();
}

void Script::timer_fires() {
    happens(TimerFired{current_, seat(current_).serial});
}

void Script::session_ready() {
    happens(SessionReady{current_, {{"session-type", "wayland"}, {"wayland-display", "wayland-0"}}});
}

void Script::init_exits() {
    happens(InitExited{current_, seat(current_).init_pid});
}

bool Script::runs_to(Step step) {
    for (int left = patience; left > 0 && seat(current_).step != step; --left) {
        if (rests(seat(current_))) {
            return false;
        }
        succeeds();
    }
    return seat(current_).step == step;
}

void Script::runs_to_rest() {
    for (int left = patience; left > 0 && !rests(seat(current_)); --left) {
        if (seat(current_).retrying) {
            timer_fires();
        } else {
            succeeds();
        }
    }
}

void Script::becomes_seated(SeatMode mode) {
    up(mode, current_);
    runs_to_rest();
}

std::optional<Reply> Script::reply_to(CallToken token) const {
    const auto found = replies_.find(token);
    return found == replies_.end() ? std::nullopt : std::optional{found->second};
}

std::vector<JobState> Script::states_of(JobId id) const {
    std::vector<JobState> states;
    const auto found = jobs_.find(id);
    if (found != jobs_.end()) {
        for (const Job& job : found->second) {
            states.push_back(job.state);
        }
    }
    return states;
}

std::optional<Job> Script::job(JobId id) const {
    const auto found = jobs_.find(id);
    return found == jobs_.end() ? std::nullopt : std::optional{found->second.back()};
}

JobId job_in(const std::optional<Reply>& reply) {
    const auto* const job = reply ? std::get_if<JobId>(&reply->answer) : nullptr;
    return job == nullptr ? JobId{0} : *job;
}

std::optional<Refused> refusal_in(const std::optional<Reply>& reply) {
    const auto* const refused = reply ? std::get_if<Refused>(&reply->answer) : nullptr;
    return refused == nullptr ? std::nullopt : std::optional{*refused};
}

} // namespace berth::test
