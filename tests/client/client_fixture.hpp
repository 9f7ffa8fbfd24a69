#pragma once

#include "bus/bus_server.hpp"
#include "bus/command.hpp"
#include "bus/private_bus.hpp"
#include "bus/waiting.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace berth::testing {

/// berthd's bus side, with a script in place of the policy, and the program `berth`.
class ClientFixture : public ::testing::Test {
  protected:
    ClientFixture() {
        seat.name = model::SeatName{"seat0"};
        server = std::make_unique<bus::BusServer>(
            connection, "1.2.3",
            bus::BusServer::Hooks{[this](model::Happening what) { called(std::get<model::Called>(std::move(what))); },
                                  [] { return Result<void>{}; }});
        server->set_engine("podman 4.3.1");
        server->seat_added(seat);
        EXPECT_TRUE(server->own_name());
        job.id = model::JobId{1};
        job.seat = seat.name;
    }

    CommandResult berth(std::vector<std::string> arguments) { return run_command(io, argv(std::move(arguments))); }

    [[nodiscard]] std::vector<std::string> argv(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), {BERTH_PROGRAM, "--bus", bus.address()});
        return arguments;
    }

    void called(const model::Called& call) {
        calls.push_back(call);
        if (script) {
            script(call);
        }
    }

    void accept(const model::Called& call) { server->reply(model::Reply{call.token, job.id}); }

    void refuse(const model::Called& call, model::Refusal refusal, const std::string& message) {
        server->reply(model::Reply{call.token, model::Refused{refusal, message}});
    }

    void tell(const std::string& phase, double progress, const std::string& message) {
        job.phase = phase;
        job.progress = progress;
        job.message = message;
        server->job_changed(job);
    }

    void finish(model::JobState state, const std::string& error = {}) {
        job.state = state;
        job.error = error;
        server->job_changed(job);
    }

    void become_seated() {
        seat.state = model::SeatState::seated;
        seat.plan = model::UpPlan{};
        seat.plan->profile.name = "gnome";
        seat.plan->profile.image = "localhost/berth/gnome:latest";
        seat.facts = {{"wayland-display", "wayland-0"}};
        server->seat_changed(seat);
    }

    PrivateBus bus;
    boost::asio::io_context io;
    bus::BusConnection connection{io, bus.address(), nullptr};
    std::unique_ptr<bus::BusServer> server;
    model::Seat seat;
    model::Job job;
    std::vector<model::Called> calls;
    std::function<void(const model::Called&)> script;
};

} // namespace berth::testing
