#pragma once

#include "model/world.hpp"
#include "ports/engine.hpp"
#include "ports/outside.hpp"
#include "ports/seat_ports.hpp"

#include <functional>
#include <string>
#include <vector>

namespace berth::effects {

/// What effects act through. All outlive the Runner.
struct Ports {
    ports::Engine& engine;
    ports::VirtualTerminals& terminals;
    ports::SeatDirectories& directories;
    ports::Processes& processes;
    ports::SelfSockets& self_sockets;
    ports::SeatSessions& sessions;
    ports::SeatTimers& timers;
    ports::Profiles& profiles;
    ports::Authority& authority;
    ports::Publisher& publisher;
    ports::SeatStates& states;
    ports::FreezeWatch& freezes;
    ports::SeatGuards& guards;
};

struct RunnerOptions {
    std::string instance; ///< names this berthd among others on the same engine: its runtime directory
    std::string version;  ///< berth's, told to the session by Describe()
};

/// Runs effects in the order given. An effect never edits the World: what it finds comes back as a Happening through
/// `post`. Single thread: the io_context's.
class Runner {
  public:
    using Post = std::function<void(model::Happening)>;

    Runner(Ports ports, RunnerOptions options, Post post, std::function<void()> exit);

    /// `world` is the committed one that the effects belong to; it is read during the call only.
    void run(const std::vector<model::Effect>& effects, const model::World& world);

  private:
    void run_one(const model::Effect& effect, const model::World& world);
    void watch_init(const model::WatchInit& effect, const model::World& world);
    void read_profile(const model::ReadProfile& effect, const model::World& world);
    void publish_seat(const model::PublishSeat& effect, const model::World& world);
    void publish_job(const model::PublishJob& effect);
    void run_step(const model::RunStep& effect, const model::World& world);

    Ports ports_;
    RunnerOptions options_;
    Post post_;
    std::function<void()> exit_;
};

} // namespace berth::effects
