#pragma once

#include "effects/runner.hpp"
#include "engine/fake_engine.hpp"
#include "support/fake_client_ports.hpp"
#include "support/fake_ports.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace berth::test {

inline const model::SeatName seat_name{"seat0"};
inline constexpr const char* image = "localhost/berth/gnome:latest";
inline constexpr const char* systemd = "/usr/lib/systemd/systemd";

/// A Runner over an engine in memory and fake ports, with one seat whose plan, door and VT are set.
struct RunnerTest : ::testing::Test {
    using Seat = model::Seat;
    using Step = model::Step;
    using StepFinished = model::StepFinished;

    RunnerTest() {
        engine.add_image({"sha256:1", {image}, {}, {}, {}});
        engine.add_path(image, systemd);
        Seat seat;
        seat.name = seat_name;
        model::UpPlan plan;
        plan.mode = model::SeatMode::headless;
        plan.profile.name = "gnome";
        plan.profile.image = image;
        plan.profile.probe = {"gdbus", "call"};
        seat.plan = plan;
        seat.door = *directories.paths;
        world.seats[seat_name] = seat;
    }

    Seat& seat() { return world.seats.at(seat_name); }

    void turn() {
        io.restart();
        io.run();
    }

    void run(model::Effect effect) {
        runner.run({std::move(effect)}, world);
        turn();
    }

    /// Runs one step and returns how it ended.
    StepFinished step(Step which, const std::string& argument = {}) {
        happened.clear();
        run(model::RunStep{seat_name, model::StepSerial{7}, which, argument});
        EXPECT_EQ(happened.size(), 1U) << "a step ends exactly once";
        const auto* finished = happened.empty() ? nullptr : std::get_if<StepFinished>(&happened.front());
        EXPECT_NE(finished, nullptr);
        return finished == nullptr ? StepFinished{} : *finished;
    }

    /// A container of the seat that runs.
    void bring_container_up() {
        const auto created = std::get<model::ContainerCreated>(step(Step::create).facts);
        seat().container = created.container;
        seat().made_with = created.devices;
        seat().init_pid = std::get<model::InitStarted>(step(Step::start).facts).pid;
    }

    boost::asio::io_context io;
    FakeEngine engine{io};
    FakeTerminals terminals;
    FakeDirectories directories;
    FakeProcesses processes;
    FakeSelfSockets self_sockets;
    FakeSessions sessions;
    FakeTimers timers;
    FakeProfiles profiles;
    FakeAuthority authority;
    FakePublisher publisher;
    FakeStates states;
    FakeFreezeWatch freezes;
    FakeGuards guards;
    FakeDoors doors;
    FakeDeviceRules device_rules;
    FakeSeatShares shares;
    FakeClientSockets client_sockets;
    FakeCallerStreams caller_streams;
    FakeRelays relays;
    FakeBusFilters bus_filters;
    FakeLoopbackPorts loopbacks;
    FakeOpens opens;
    FakeLeaseTimers lease_timers;
    FakeCallerWatch callers;
    FakeSocketWatch sockets;
    FakeForeignMounts foreign;
    FakeDeviceNews device_news;
    FakeDockMemory docks;
    FakeJobMemory jobs;
    std::vector<model::Happening> happened;
    bool exited{false};
    model::World world;
    effects::Runner runner{{engine,         terminals, directories, processes,    self_sockets, sessions,
                            timers,         profiles,  authority,   publisher,    states,       freezes,
                            guards,         engine,    doors,       device_rules, shares,       client_sockets,
                            caller_streams, relays,    bus_filters, loopbacks,    opens,        lease_timers,
                            callers,        sockets,   foreign,     device_news,  docks,        jobs},
                           {"/run/berth", "1.2.3"},
                           [this](model::Happening what) { happened.push_back(std::move(what)); },
                           [this] { exited = true; }};
};

} // namespace berth::test
