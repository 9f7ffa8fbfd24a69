#pragma once

#include "support/builders.hpp"

#include <map>
#include <optional>

namespace berth::test {

/// Plays the policy against a scripted outside: events go in, and the step in flight is answered when the test says
/// how. Time stands still unless the test moves it; nothing sleeps.
class Script {
  public:
    /// A host with `seats`, all vacant.
    explicit Script(std::vector<model::SeatName> seats = {seat0});

    /// Goes on from a built World.
    explicit Script(model::World world) : world_{std::move(world)} {}

    /// One event now. Its effects become `effects()`.
    void happens(model::Happening what);

    /// A call by `uid` (0: root, who is never asked about).
    model::CallToken call(model::Request request, std::uint32_t uid = 0);
    /// `Up` by root, its profile read: the seat prepares.
    model::CallToken up(model::SeatMode mode = model::SeatMode::headless, const model::SeatName& seat = seat0);

    /// Answers the step in flight.
    void succeeds();
    void fails(ErrorCode code = ErrorCode::failed);
    void times_out();
    /// Fires the timer of a step that waits to be tried again, or of await-session.
    void timer_fires();
    void session_ready();
    void init_exits();

    /// Lets everything succeed until `step` is in flight. False when the seat came to rest before.
    bool runs_to(model::Step step);
    /// Lets everything succeed until the seat rests: vacant, held, seated or frozen with nothing in flight.
    void runs_to_rest();
    /// Brings a seat up all the way.
    void becomes_seated(model::SeatMode mode = model::SeatMode::headless);

    /// The seat that the next answers are for.
    void plays_on(model::SeatName seat) { current_ = std::move(seat); }

    void moves_time(model::Microseconds by) { now_ += by; }

    [[nodiscard]] const model::World& world() const { return world_; }

    [[nodiscard]] const model::Seat& seat(const model::SeatName& name = seat0) const { return world_.seats.at(name); }

    [[nodiscard]] const std::vector<model::Effect>& effects() const { return effects_; }

    /// Every step that was asked for since the script began or `forgets()`, in order; await-session has no effect.
    [[nodiscard]] const std::vector<model::Step>& steps() const { return steps_; }

    /// How the call was answered; nothing when it was not.
    [[nodiscard]] std::optional<model::Reply> reply_to(model::CallToken token) const;
    /// Each published state of a job, oldest first.
    [[nodiscard]] std::vector<model::JobState> states_of(model::JobId job) const;
    [[nodiscard]] std::optional<model::Job> job(model::JobId job) const;

    [[nodiscard]] const std::vector<std::string>& printed() const { return printed_; }

    [[nodiscard]] bool exited() const { return exited_; }

    [[nodiscard]] model::Microseconds now() const { return now_; }

    void forgets() { steps_.clear(); }

  private:
    void finishes(model::StepFacts facts, std::optional<model::Failure> error);
    void notes(const model::Effect& effect);

    model::World world_;
    model::Microseconds now_{1'000'000'000};
    std::uint64_t last_token_{0};
    model::SeatName current_{seat0};
    std::vector<model::Effect> effects_;
    std::vector<model::Step> steps_;
    std::map<model::CallToken, model::Reply> replies_;
    std::map<model::JobId, std::vector<model::Job>> jobs_;
    std::vector<std::string> printed_;
    bool exited_{false};
};

/// The job that a call was answered with; number 0 when there is none.
model::JobId job_in(const std::optional<model::Reply>& reply);
/// The refusal that a call was answered with.
std::optional<model::Refused> refusal_in(const std::optional<model::Reply>& reply);

/// How many effects of a kind there are.
template <class Kind>
std::size_t count(const std::vector<model::Effect>& effects) {
    std::size_t found = 0;
    for (const model::Effect& effect : effects) {
        found += std::holds_alternative<Kind>(effect) ? 1 : 0;
    }
    return found;
}

} // namespace berth::test
