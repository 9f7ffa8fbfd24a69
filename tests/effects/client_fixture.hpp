#pragma once

#include "effects/client_spec.hpp"
#include "effects/runner_fixture.hpp"

#include <optional>
#include <string>
#include <vector>

namespace berth::test {

inline const model::ClientId client_id{"vlc"};
inline constexpr const char* client_image = "localhost/berth/player:latest";

inline std::vector<model::Grant> some_grants(const std::vector<std::string>& texts) {
    std::vector<model::Grant> grants;
    for (const std::string& text : texts) {
        grants.push_back(*model::parse_grant(text));
    }
    return grants;
}

/// A Runner with one client beside a desktop that is up and has everything.
struct ClientTest : RunnerTest {
    using Client = model::Client;

    ClientTest() {
        engine.add_image({"sha256:2", {client_image}, {}, {}, {}});
        engine.create_volume("berth-seat0-tmp", [](const Result<void>&) {});
        turn();
        seat().state = model::SeatState::seated;
        seat().container = "c0ffee";
        seat().facts = {{"wayland-display", "wayland-0"}, {"display", ":0"}, {"session-type", "wayland"}};
        seat().devices = {"/dev/dri/card0", "/dev/dri/renderD128", "/dev/input/event0", "/dev/snd/controlC0"};
        seat().plan->profile.user = {"ann", 1234, 1235, {}};
        shares.shares.shm = "/run/berth/shm/seat0";
        shares.shares.sound = {"pipewire-0", "pulse/native"};
        shares.shares.xauthority = "a cookie";
        shares.shares.cameras = {"/dev/video0"};
        shares.shares.usb = {{"046d:c52b", {"/dev/bus/usb/001/004"}}};
        shares.shares.nodes = {{"/dev/dri/renderD128", {226, 128, 105}}, {"/dev/video0", {81, 0, 44}},
                               {"/dev/bus/usb/001/004", {189, 3, 0}},    {"/dev/kvm", {10, 232, 107}},
                               {"/dev/snd/controlC0", {116, 2, 29}},     {"/dev/input/event0", {13, 64, 106}}};
        Client made;
        made.id = client_id;
        made.seat = seat_name;
        made.plan.app.name = "player";
        made.plan.app.image = client_image;
        world.clients[client_id] = made;
    }

    Client& client() { return world.clients.at(client_id); }

    /// Runs one step and returns how it ended.
    model::ClientStepFinished client_step(Step which, const std::string& argument = {}) {
        happened.clear();
        run(model::RunClientStep{client_id, model::StepSerial{9}, which, argument});
        EXPECT_EQ(happened.size(), 1U) << "a step ends exactly once";
        const auto* finished = happened.empty() ? nullptr : std::get_if<model::ClientStepFinished>(&happened.front());
        EXPECT_NE(finished, nullptr);
        return finished == nullptr ? model::ClientStepFinished{} : *finished;
    }

    /// As `client_step`, for one that changes the door: what the policy would do with its facts is done.
    model::ClientStepFinished door_step(Step which) {
        model::ClientStepFinished finished = client_step(which);
        if (const auto* door = std::get_if<model::ClientDoor>(&finished.facts)) {
            client().door = *door;
        }
        return finished;
    }

    /// A client whose door is open with these grants, and that runs.
    void runs_with(const std::vector<std::string>& grants) {
        client().grants = some_grants(grants);
        EXPECT_FALSE(door_step(Step::open_door).error);
        const auto created = std::get<model::ContainerCreated>(client_step(Step::create).facts);
        client().container = created.container;
        client().devices = created.devices;
        client().device_rules = created.device_rules;
        client().init_pid = std::get<model::InitStarted>(client_step(Step::start).facts).pid;
        forgets();
    }

    /// What the policy does with a give or take that has ended.
    model::ClientStepFinished gives(const std::vector<std::string>& grants) {
        client().pending = some_grants(grants);
        model::ClientStepFinished finished = door_step(Step::give);
        for (const model::Grant& grant : client().pending) {
            auto& all = client().grants;
            if (!finished.error && std::find(all.begin(), all.end(), grant) == all.end()) {
                all.push_back(grant);
            }
        }
        return finished;
    }

    model::ClientStepFinished takes(const std::vector<std::string>& grants) {
        client().pending = some_grants(grants);
        model::ClientStepFinished finished = door_step(Step::take);
        for (const model::Grant& grant : client().pending) {
            std::erase(client().grants, grant);
        }
        return finished;
    }

    void forgets() {
        doors.calls.clear();
        device_rules.calls.clear();
        bus_filters.calls.clear();
        device_news.calls.clear();
    }

    /// The names of what the door shows, sorted; without what every door shows to libudev.
    std::vector<std::string> shown() const {
        std::vector<std::string> names;
        for (const auto& [name, item] : doors.items) {
            if (name != grants::udev_control) {
                names.push_back(name);
            }
        }
        return names;
    }

    std::string env() const {
        const auto text = doors.items.find("env");
        return text == doors.items.end() ? "none" : text->second.content;
    }

    const ports::ContainerSpec& made() { return *engine.spec("berth-client-vlc"); }
};

} // namespace berth::test
