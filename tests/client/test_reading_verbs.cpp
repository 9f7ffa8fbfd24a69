#include "client/client_fixture.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <set>

namespace berth::testing {

namespace {

using ::testing::HasSubstr;

class BerthReads : public ClientFixture {};

TEST_F(BerthReads, StatusShowsAVacantSeat) {
    const CommandResult status = berth({"status"});
    EXPECT_EQ(status.status, 0) << status.err;
    EXPECT_EQ(status.out, "berthd 1.2.3, podman 4.3.1\nseat0: vacant\n");
}

TEST_F(BerthReads, StatusShowsTheDesktopTheJobAndTheLastFailure) {
    seat.last_failure = model::Failure{model::Step::create, ErrorCode::image_not_found, "there is no image x"};
    become_seated();
    tell("probe-shell", 0.9, "Waiting for the shell");
    const CommandResult status = berth({"status"});
    EXPECT_THAT(status.out, HasSubstr("seat0: seated, gnome (headless)"));
    EXPECT_THAT(status.out, HasSubstr("localhost/berth/gnome:latest"));
    EXPECT_THAT(status.out, HasSubstr("wayland-0"));
    EXPECT_THAT(status.out, HasSubstr("at create: ImageNotFound: there is no image x"));
    EXPECT_THAT(status.out, HasSubstr("job 1: up on seat0, running, 90% probe-shell: Waiting for the shell"));
}

TEST_F(BerthReads, StatusAsJsonHasTheBusNames) {
    become_seated();
    tell("create", 0.5, "Making the container");
    const CommandResult status = berth({"status", "--json"});
    const auto json = nlohmann::json::parse(status.out);
    EXPECT_EQ(json["version"], "1.2.3");
    EXPECT_EQ(json["engine"], "podman 4.3.1");
    ASSERT_EQ(json["seats"].size(), 1U);
    std::set<std::string> names;
    for (const auto& [name, value] : json["seats"][0].items()) {
        names.insert(name);
    }
    EXPECT_EQ(names, (std::set<std::string>{"ContainerId", "Desktop", "Devices", "Display", "Image", "LastFailure",
                                            "MachineId", "Mode", "Name", "Path", "RuntimeDirectory", "Since", "State",
                                            "Vt", "WaylandDisplay"}));
    EXPECT_EQ(json["seats"][0]["State"], "seated");
    EXPECT_EQ(json["seats"][0]["Vt"], 0);
    EXPECT_EQ(json["seats"][0]["LastFailure"], nlohmann::json::array({"", "", ""}));
    EXPECT_EQ(json["seats"][0]["Devices"], nlohmann::json::array());
    ASSERT_EQ(json["jobs"].size(), 1U);
    EXPECT_EQ(json["jobs"][0]["Progress"], 0.5);
    EXPECT_EQ(json["jobs"][0]["Seat"], "/org/berth/Berth1/seats/seat0");
}

TEST_F(BerthReads, MonitorPrintsEachEventAtOnceAndEndsOnSigterm) {
    RunningCommand monitor{io, argv({"monitor"})};
    ASSERT_TRUE(monitor.printed("seat0: vacant"));
    seat.state = model::SeatState::preparing;
    server->seat_changed(seat);
    server->state_changed(seat.name, model::SeatState::vacant, model::SeatState::preparing, "up was asked for");
    ASSERT_TRUE(monitor.printed("seat0: vacant -> preparing (up was asked for)\n"));
    EXPECT_THAT(monitor.out(), HasSubstr("seat0: State=preparing\n"));
    tell("create", 0.5, "Making the container");
    finish(model::JobState::failed, "TimedOut: too slow");
    ASSERT_TRUE(monitor.printed("job 1: removed, failed\n"));
    EXPECT_THAT(monitor.out(), HasSubstr("job 1: failed: TimedOut: too slow\n"));
    monitor.signal(SIGTERM);
    EXPECT_EQ(monitor.wait().status, 0);
}

TEST_F(BerthReads, MonitorAsJsonIsOneObjectALine) {
    RunningCommand monitor{io, argv({"monitor", "--json"})};
    ASSERT_TRUE(monitor.printed("\"Now\""));
    server->state_changed(seat.name, model::SeatState::vacant, model::SeatState::preparing, "why");
    ASSERT_TRUE(monitor.printed("StateChanged"));
    monitor.signal(SIGINT);
    const CommandResult ended = monitor.wait();
    EXPECT_EQ(ended.status, 0);
    std::istringstream lines{ended.out};
    std::string line;
    std::vector<nlohmann::json> objects;
    while (std::getline(lines, line)) {
        objects.push_back(nlohmann::json::parse(line));
    }
    ASSERT_EQ(objects.size(), 2U);
    EXPECT_EQ(objects[0]["changed"]["State"], "vacant");
    EXPECT_EQ(objects[1]["object"], "/org/berth/Berth1/seats/seat0");
    EXPECT_EQ(objects[1]["arguments"], nlohmann::json::array({"vacant", "preparing", "why"}));
}

TEST_F(BerthReads, MonitorSaysThatBerthdLeft) {
    RunningCommand monitor{io, argv({"monitor"})};
    ASSERT_TRUE(monitor.printed("seat0: vacant"));
    ASSERT_TRUE(connection.release("org.berth.Berth1"));
    EXPECT_TRUE(monitor.printed("berthd left the bus"));
}

TEST_F(BerthReads, DoctorFindsBerthdAndNamesEveryCheck) {
    const CommandResult doctor = berth({"doctor", "--json"});
    const auto json = nlohmann::json::parse(doctor.out);
    std::set<std::string> names;
    for (const auto& check : json["checks"]) {
        names.insert(check["check"]);
        const std::string health = check["health"];
        EXPECT_TRUE(health == "ok" || health == "warning" || health == "missing") << health;
        EXPECT_EQ(health == "ok", check["hint"] == "") << check.dump();
        if (check["check"] == "berthd") {
            EXPECT_EQ(check["found"], "1.2.3, 1 seat(s)");
        }
    }
    EXPECT_EQ(names, (std::set<std::string>{"berthd", "bus-filter", "cgroups", "clients", "drm", "engine", "groups",
                                            "guard", "image", "logind", "network", "oci-runtime", "polkit", "profile",
                                            "sound", "systemd", "user", "vt"}));
    EXPECT_EQ(doctor.status, json["ready"].get<bool>() ? 0 : 1);
}

} // namespace

} // namespace berth::testing
