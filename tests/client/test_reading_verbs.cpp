#include "client/client_fixture.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <set>

namespace berth::testing {

namespace {

using ::testing::HasSubstr;
namespace test = berth::test;

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
    EXPECT_EQ(names, (std::set<std::string>{"ContainerId", "Desktop", "Devices", "Display", "Displays", "Dock",
                                            "Docked", "Docks", "Image", "LastFailure", "MachineId", "Mode", "Name",
                                            "Path", "RuntimeDirectory", "Since", "State", "Vt", "WaylandDisplay"}));
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

model::Dock a_dock() {
    return {.id = "usb:1:2",
            .name = "A Dock",
            .path = "/devices/usb1/1-2",
            .has = {model::DeviceKind::keyboard, model::DeviceKind::sound},
            .rule = "desk"};
}

TEST_F(BerthReads, DocksAreListedWithTheirProfilesAndWhatIsBehindThem) {
    EXPECT_EQ(berth({"docks"}).out, "DOCK  SEAT  PROFILE  NAME  HAS\n");
    seat.docks = {a_dock()};
    server->seat_changed(seat);
    EXPECT_EQ(berth({"docks"}).out, "DOCK     SEAT   PROFILE  NAME    HAS\n"
                                    "usb:1:2  seat0  desk     A Dock  keyboard,sound\n");
    EXPECT_EQ(nlohmann::json::parse(berth({"docks", "--json"}).out),
              nlohmann::json::array({{{"Id", "usb:1:2"},
                                      {"Seat", "seat0"},
                                      {"Profile", "desk"},
                                      {"Name", "A Dock"},
                                      {"Displays", nlohmann::json::array()},
                                      {"Has", {"keyboard", "sound"}}}}));
}

TEST_F(BerthReads, ScreensAreListedBelowTheDocksAndThoseThatSayWhoTheyAreWithEachDock) {
    seat.docks = {a_dock()};
    seat.displays = {{"", "Screen on DP-2"}, {"edid:DEL:a0b1:7", "DELL U2720Q on DP-1"}};
    server->seat_changed(seat);
    EXPECT_THAT(berth({"docks"}).out, HasSubstr("\n\nSCREEN           SEAT   NAME\n"
                                                "-                seat0  Screen on DP-2\n"
                                                "edid:DEL:a0b1:7  seat0  DELL U2720Q on DP-1\n"));
    EXPECT_EQ(nlohmann::json::parse(berth({"docks", "--json"}).out).at(0).at("Displays"),
              nlohmann::json::array({"edid:DEL:a0b1:7"}));
}

TEST_F(BerthReads, DocksThatWereEverPluggedInAreListedWithTheDay) {
    EXPECT_EQ(berth({"docks", "--all"}).out, "DOCK  SEAT  SEEN  NAME  HAS\n");
    constexpr std::int64_t noon = 1'700'049'600'000'000; // 2023-11-15 12:00 UTC
    server->docks_known(
        {{"usb:1:2", "A Dock", seat.name, {model::DeviceKind::sound}, noon}, {"usb:3:4", "", seat.name, {}, noon}});
    seat.docks = {a_dock()};
    server->seat_changed(seat);
    EXPECT_THAT(berth({"docks", "--all"}).out,
                AllOf(HasSubstr("usb:1:2  seat0  now                  A Dock  sound\n"),
                      HasSubstr("usb:3:4  seat0  2023-11-15 "), HasSubstr("  -       -\n")));
    const auto json = nlohmann::json::parse(berth({"docks", "--all", "--json"}).out);
    ASSERT_EQ(json.size(), 2U);
    EXPECT_EQ(json[0], (nlohmann::json{{"Id", "usb:1:2"},
                                       {"Name", "A Dock"},
                                       {"Seat", "seat0"},
                                       {"Has", {"sound"}},
                                       {"Seen", noon},
                                       {"Docked", true}}));
    EXPECT_EQ(json[1]["Docked"], false);
}

TEST_F(BerthReads, DocksExplainKnowsTheScreens) {
    const test::ScratchFolder scratch;
    std::filesystem::create_directories(scratch.path() + "/docks");
    test::write_file(scratch.path() + "/docks/desk.json",
                     R"({"match": {"display": "edid:DEL:*"}, "on-dock": "ignore", "docked-command": ["sound", "on"]})");
    seat.docks = {a_dock()};
    server->seat_changed(seat);
    EXPECT_THAT(berth({"docks", "explain", "--config", scratch.path()}).out,
                HasSubstr("desk is not about it: no screen is like \"edid:DEL:*\"\n"));
    seat.displays = {{"edid:DEL:a0b1:7", "DELL U2720Q on DP-1"}};
    server->seat_changed(seat);
    EXPECT_THAT(berth({"docks", "explain", "--config", scratch.path()}).out,
                HasSubstr("desk is its own: on-dock ignore, on-undock forward, grace 5 s, docked-command sound\n"));
}

TEST_F(BerthReads, DocksExplainSaysWhichProfileIsWhoseAndWhy) {
    const test::ScratchFolder scratch;
    std::filesystem::create_directories(scratch.path() + "/docks");
    const auto put = [&](const std::string& name, const std::string& text) {
        test::write_file(scratch.path() + "/docks/" + name + ".json", text);
    };
    put("any", R"({"match": {}})");
    put("desk", R"({"match": {"id": "usb:1:*"}, "on-dock": "reseat", "grace_s": 7})");
    put("other", R"({"match": {"has": ["gpu"]}})");
    EXPECT_EQ(berth({"docks", "explain", "--config", scratch.path()}).out, "");
    seat.docks = {a_dock()};
    server->seat_changed(seat);
    EXPECT_EQ(berth({"docks", "explain", "--config", scratch.path()}).out,
              "usb:1:2 (A Dock) on seat0:\n"
              "  any is about it, and says less of it\n"
              "  desk is its own: on-dock reseat, on-undock forward, grace 7 s\n"
              "  other is not about it: it has no gpu\n");
    put("broken", "{");
    const CommandResult broken = berth({"docks", "explain", "--config", scratch.path()});
    EXPECT_EQ(broken.status, 1);
    EXPECT_THAT(broken.err, HasSubstr("broken.json:1"));
    EXPECT_THAT(broken.out, HasSubstr("desk is its own"));
    EXPECT_THAT(berth({"docks", "explain", "--config", scratch.path() + "/none"}).out,
                HasSubstr("no profile is about it, so it is forwarded"));
}

TEST_F(BerthReads, DevicesAreListedWithTheDocksThatTheyAreBehind) {
    model::World world;
    seat.docks = {a_dock()};
    world.seats.emplace(seat.name, seat);
    world.hardware = {{.path = "/devices/usb1/1-2/sound/controlC1",
                       .kind = model::DeviceKind::sound,
                       .seat = seat.name,
                       .node = "/dev/snd/controlC1",
                       .name = "A Dock Audio"},
                      {.path = "/devices/usb1/1-20/net/eth0", .kind = model::DeviceKind::network, .seat = seat.name}};
    server->hardware_changed(world);
    EXPECT_EQ(berth({"devices"}).out, "KIND     SEAT   NODE                DOCK     NAME\n"
                                      "sound    seat0  /dev/snd/controlC1  usb:1:2  A Dock Audio\n"
                                      "network  seat0  -                   -        -\n");
    const auto json = nlohmann::json::parse(berth({"devices", "--json"}).out);
    ASSERT_EQ(json.size(), 2U);
    EXPECT_EQ(json[0], (nlohmann::json{{"Kind", "sound"},
                                       {"Seat", "seat0"},
                                       {"Node", "/dev/snd/controlC1"},
                                       {"Dock", "usb:1:2"},
                                       {"Name", "A Dock Audio"}}));
}

TEST_F(BerthReads, MonitorTellsOfADockThatComesAndGoes) {
    RunningCommand monitor{io, argv({"monitor"})};
    ASSERT_TRUE(monitor.printed("seat0: vacant"));
    server->dock_changed(seat.name, true, a_dock());
    ASSERT_TRUE(monitor.printed("seat0: docked usb:1:2\n"));
    server->dock_changed(seat.name, false, a_dock());
    EXPECT_TRUE(monitor.printed("seat0: undocked usb:1:2\n"));
}

TEST_F(BerthReads, JobsThatRunAreListedBeforeThoseThatEnded) {
    EXPECT_EQ(berth({"jobs"}).out, "JOB  KIND  OF  STATE  ENDED  MESSAGE\n");
    tell("create", 0.5, "Making the container");
    constexpr std::int64_t noon = 1'700'049'600'000'000; // 2023-11-15 12:00 UTC
    model::Job ended = job;
    ended.id = model::JobId{7};
    ended.kind = model::JobKind::exec;
    ended.client = model::ClientId{"browser"};
    ended.state = model::JobState::done;
    ended.exit_code = 3;
    model::Job failed = job;
    failed.id = model::JobId{6};
    failed.state = model::JobState::failed;
    failed.error = "Failed: berthd ended";
    server->jobs_ended({{ended, noon}, {failed, noon}});
    const std::string out = berth({"jobs"}).out;
    EXPECT_THAT(out, HasSubstr("\n1    up    seat0    running   -                    Making the container\n"));
    EXPECT_THAT(out, ::testing::ContainsRegex("\n7    exec  browser  done [(]3[)]  2023-11-1[56] [0-9:]+  -\n"));
    EXPECT_THAT(
        out, ::testing::ContainsRegex("\n6    up    seat0    failed    2023-11-1[56] [0-9:]+  Failed: berthd ended\n"));
    const auto json = nlohmann::json::parse(berth({"jobs", "--json"}).out);
    ASSERT_EQ(json.size(), 3U);
    EXPECT_EQ(json[0]["State"], "running");
    EXPECT_EQ(json[2], (nlohmann::json{{"Path", "/org/berth/Berth1/jobs/6"},
                                       {"Kind", "up"},
                                       {"Seat", "/org/berth/Berth1/seats/seat0"},
                                       {"Client", "/"},
                                       {"State", "failed"},
                                       {"Error", "Failed: berthd ended"},
                                       {"ExitCode", -1},
                                       {"Ended", noon}}));
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
