#pragma once

#include "model/world.hpp"
#include "ports/client_ports.hpp"
#include "ports/engine.hpp"
#include "ports/foreign_ports.hpp"
#include "ports/outside.hpp"
#include "ports/seat_ports.hpp"

#include <functional>
#include <map>
#include <memory>
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
    ports::Timers& timers;
    ports::Profiles& profiles;
    ports::Authority& authority;
    ports::Publisher& publisher;
    ports::SeatStates& states;
    ports::FreezeWatch& freezes;
    ports::SeatGuards& guards;
    ports::ContainerStreams& streams;
    ports::ClientDoors& doors;
    ports::DeviceRules& device_rules;
    ports::SeatShares& shares;
    ports::ClientSockets& client_sockets;
    ports::CallerStreams& caller_streams;
    ports::StreamRelays& relays;
    ports::BusFilters& bus_filters;
    ports::LoopbackPorts& loopbacks;
    ports::SeatOpens& opens;
    ports::LeaseTimers& lease_timers;
    ports::CallerWatch& callers;
    ports::SocketWatch& sockets;
    ports::ForeignMounts& foreign;
    ports::DeviceNews& device_news;
    ports::DockMemory& docks;
    ports::JobMemory& jobs;
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
    void publish_dock(const model::PublishDock& effect, const model::World& world);
    void read_docks();
    void ask_desktop(const model::AskDesktop& effect, const model::World& world);
    void publish_job(const model::PublishJob& effect);
    void run_step(const model::RunStep& effect, const model::World& world);

    // client_runner.cpp
    void run_one_on_client(const model::Effect& effect, const model::World& world);
    void read_app(const model::ReadApp& effect);
    void read_labels(const model::ReadApp& effect);
    void open_for_client(const model::OpenForClient& effect, const model::World& world);
    void watch_caller(const model::WatchCaller& effect);
    void watch_sockets(const model::WatchSockets& effect, const model::World& world);
    void run_of_leases(const model::Effect& effect, const model::World& world);
    void run_client_step(const model::RunClientStep& effect, const model::World& world);
    void watch_client(const model::WatchClient& effect, const model::World& world);
    void publish_client(const model::PublishClient& effect, const model::World& world);
    void withdraw_client(const model::WithdrawClient& effect);
    std::shared_ptr<ports::Stdio> streams_for(model::JobId job, model::CallToken token, bool client_is_there);
    void run_exec(const model::RunExec& effect, const model::World& world);
    void follow_exec(model::JobId job, ports::StreamedExec begun, ports::Stdio stdio);
    void run_logs(const model::RunLogs& effect, const model::World& world);
    void resize_terminal(const model::ResizeTerminal& effect, const model::World& world);

    Ports ports_;
    RunnerOptions options_;
    Post post_;
    std::function<void()> exit_;
    std::map<model::JobId, std::string> execs_; ///< the engine's ids of commands that run in clients
};

} // namespace berth::effects
