#pragma once

#include "support/builders.hpp"

#include <map>
#include <optional>
#include <utility>

namespace berth::test {

inline const model::ClientId chrome{"chrome"};
inline const model::Grant display{model::GrantKind::display, {}};
inline const model::Grant sound{model::GrantKind::sound, {}};
inline const model::Grant gpu{model::GrantKind::gpu, {}};
inline const model::Grant ipc{model::GrantKind::ipc, {}};

/// An app's profile: no grants, since those need a desktop.
model::AppProfile an_app(std::vector<model::Grant> grants = {}, std::vector<model::Grant> may_ask = {});

/// A call that runs it as client `chrome`, detached.
model::RunRequest a_run(const model::ClientId& name = chrome);

/// What a step that succeeds reports of a client that has `grants`.
model::StepFacts success_of(model::Step step, const std::vector<model::Grant>& grants);

/// What the door shows of these.
model::ClientDoor a_client_door(const std::vector<model::Grant>& grants);

/// Plays the policy against a scripted outside, as Script does, for clients: the step in flight of one client is
/// answered when the test says how.
class ClientScript {
  public:
    /// A host with one vacant seat.
    ClientScript();

    explicit ClientScript(model::World world) : world_{std::move(world)} {}

    void happens(model::Happening what);

    /// A call by `uid` (0: root, who is never asked about).
    model::CallToken call(model::Request request, std::uint32_t uid = 0);
    /// A call by the client itself.
    model::CallToken asks(const model::ClientId& self, model::Request request);
    /// A call by the desktop of seat0.
    model::CallToken desktop_asks(model::Request request);
    /// `Run` by root, the profile read: the client prepares.
    model::CallToken run(const model::RunRequest& request = a_run(), model::AppProfile app = an_app());
    /// … and comes up all the way.
    model::CallToken runs(const model::RunRequest& request = a_run(), model::AppProfile app = an_app());

    /// Answers the step in flight.
    void succeeds();
    void succeeds_with(model::StepFacts facts);
    void fails(ErrorCode code = ErrorCode::failed);
    void times_out();
    /// The step in flight is given up on, and answered by `answers_late`.
    void times_out_for_now();
    /// The success of the step that was given up on.
    void answers_late();
    void exits();

    void streams_end() { happens(model::StreamsEnded{current_}); }

    /// Lets everything succeed until `step` is in flight. False when the client came to rest before.
    bool runs_to(model::Step step);
    /// Lets everything succeed until the client has nothing in flight, or is gone. A process ends when it is told to.
    void runs_to_rest();

    /// The seat's desktop comes up, or goes.
    void desktop_comes();
    void desktop_goes();

    void plays_on(model::ClientId client) { current_ = std::move(client); }

    [[nodiscard]] const model::World& world() const { return world_; }

    [[nodiscard]] const model::Client& client(const model::ClientId& id = chrome) const {
        return world_.clients.at(id);
    }

    [[nodiscard]] bool is_there(const model::ClientId& id = chrome) const { return world_.clients.contains(id); }

    [[nodiscard]] const std::vector<model::Effect>& effects() const { return effects_; }

    /// Every step of a client that was asked for since the script began or `forgets()`, in order.
    [[nodiscard]] const std::vector<model::Step>& steps() const { return steps_; }

    /// Every record of a grant since then, as "display given".
    [[nodiscard]] const std::vector<std::string>& records() const { return records_; }

    /// Who those were for: "itself".
    [[nodiscard]] const std::vector<std::string>& askers() const { return askers_; }

    /// How the call was answered; nothing when it was not.
    [[nodiscard]] std::optional<model::Reply> reply_to(model::CallToken token) const;
    [[nodiscard]] std::optional<model::Refused> refusal_to(model::CallToken token) const;
    [[nodiscard]] model::JobId job_of(model::CallToken token) const;
    /// The job as it was last published.
    [[nodiscard]] model::Job job(model::JobId id) const;

    /// How many effects of a kind there were since the script began or `forgets()`.
    template <class Kind>
    [[nodiscard]] std::size_t count() const {
        std::size_t found = 0;
        for (const model::Effect& effect : all_) {
            found += std::holds_alternative<Kind>(effect) ? 1 : 0;
        }
        return found;
    }

    [[nodiscard]] bool exited() const { return count<model::Exit>() != 0; }

    void forgets();

  private:
    void notes(const model::Effect& effect);
    void seat_goes_to(model::SeatState state);

    model::World world_;
    model::Microseconds now_{1'000'000'000};
    std::uint64_t last_token_{0};
    model::ClientId current_{chrome};
    std::vector<model::Effect> effects_;
    std::vector<model::Effect> all_;
    std::vector<model::Step> steps_;
    std::vector<std::string> records_;
    std::vector<std::string> askers_;
    std::map<model::CallToken, model::Reply> replies_;
    std::map<model::JobId, model::Job> jobs_;
    std::optional<model::ClientStepFinished> late_;
};

} // namespace berth::test
