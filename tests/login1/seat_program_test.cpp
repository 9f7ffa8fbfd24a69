#include "login1/seat_fixture.hpp"

#include <csignal>

namespace berth::testing {
namespace {

using login1::End;
using ::testing::HasSubstr;
using ::testing::Not;

void take_politely(sd_bus_message* message) {
    sd_bus_message_append(message, "b", 0);
}

class SeatProgramTest : public SeatTest {};

TEST_F(SeatProgramTest, WhenItIsReadyTheSessionIsActivatedAndDescribed) {
    start_until_ready();
    EXPECT_EQ(logind.count("/session/_33 Activate()"), 1U);
    const auto described = state();
    EXPECT_GT(described["leader"], 1);
    auto rest = described;
    rest.erase("leader");
    EXPECT_EQ(rest, (nlohmann::json{{"session", "3"},
                                    {"sessionPath", "/org/freedesktop/login1/session/_33"},
                                    {"user", "desk"},
                                    {"userPath", "/org/freedesktop/login1/user/_1000"},
                                    {"uid", 1000},
                                    {"seat", "seat0"},
                                    {"seatPath", "/org/freedesktop/login1/seat/seat0"},
                                    {"vt", 7},
                                    {"runtimeDirectory", "/run/user/1000"}}));
    EXPECT_TRUE(notified.has("STATUS=waiting for the container's bus"));
}

TEST_F(SeatProgramTest, TheDesktopsPartOfLogindsFilesIsThereBeforeItIsReadyAndGoesWithIt) {
    const std::string logind_files = folder.path() + "/systemd";
    for (const char* kind : {"sessions", "users", "seats"}) {
        std::filesystem::create_directories(logind_files + "/" + kind);
    }
    test::write_file(logind_files + "/sessions/3", "UID=1000\nLEADER=4711\nSTATE=active\n");
    test::write_file(logind_files + "/sessions/9", "UID=1009\n");
    test::write_file(logind_files + "/users/1000", "NAME=desk\nSESSIONS=3 9\n");
    test::write_file(logind_files + "/seats/seat0", "ACTIVE=3\nSESSIONS=3 9\nUIDS=1000 1009\n");
    const std::string shown = folder.path() + "/login";
    auto argv = arguments();
    argv.insert(argv.end(), {"--login-state", logind_files, "--login-files", shown});
    start(argv);
    ASSERT_TRUE(run_until(io, [&] { return notified.has("READY=1"); })) << program->err();
    EXPECT_EQ(test::read_file(shown + "/sessions/3"), "UID=1000\nSTATE=active\n");
    EXPECT_EQ(test::read_file(shown + "/users/1000"), "NAME=desk\nSESSIONS=3\n");
    EXPECT_EQ(test::read_file(shown + "/seats/seat0"), "ACTIVE=3\nSESSIONS=3\nUIDS=1000\n");
    EXPECT_FALSE(std::filesystem::exists(shown + "/sessions/9"));
    program->signal(SIGTERM);
    EXPECT_EQ(end(), End::asked) << result.err;
    EXPECT_FALSE(std::filesystem::exists(shown + "/sessions/3"));
}

TEST_F(SeatProgramTest, WithoutLogindsFilesItFailsAndNamesThem) {
    auto argv = arguments();
    argv.insert(argv.end(), {"--login-state", folder.path() + "/absent", "--login-files", folder.path() + "/login"});
    start(argv);
    EXPECT_EQ(end(), End::failed);
    EXPECT_THAT(result.err, HasSubstr(folder.path() + "/absent/sessions"));
}

TEST_F(SeatProgramTest, ItBridgesADesktopAndSaysSo) {
    start_until_ready();
    start_container_bus();
    ASSERT_TRUE(shows("bridged; nobody has control"));
    BusPeer desktop{io, "unix:path=" + socket_path};
    ASSERT_EQ(desktop.session_call("TakeControl", take_politely).error, "");
    const Answer taken = desktop.session_call(
        "TakeDevice", [](sd_bus_message* message) { sd_bus_message_append(message, "uu", 226U, 0U); });
    EXPECT_EQ(taken.error, "");
    EXPECT_EQ(read_from(desktop.descriptor()), "device 226:0");
    EXPECT_TRUE(shows("bridged; " + desktop.unique_name() + " has control"));
    logind.emit(login1::own_session().path, std::string{login1::names::session}, "Lock");
    EXPECT_TRUE(desktop.hears("Lock"));
}

TEST_F(SeatProgramTest, SigtermReleasesControlClosesTheSessionAndIsNoFailure) {
    start_until_ready();
    start_container_bus();
    ASSERT_TRUE(shows("bridged; nobody has control"));
    BusPeer desktop{io, "unix:path=" + socket_path};
    ASSERT_EQ(desktop.session_call("TakeControl", take_politely).error, "");
    program->signal(SIGTERM);
    EXPECT_EQ(end(), End::asked) << result.err;
    EXPECT_EQ(logind.count("/session/_33 ReleaseControl()"), 1U);
    EXPECT_EQ(pam.log(), "open_session root tty7\nclose_session root tty7\n");
    EXPECT_FALSE(std::filesystem::exists(state_path));
    EXPECT_TRUE(run_until(io, [&] { return notified.has("STOPPING=1"); }));
}

TEST_F(SeatProgramTest, SigtermWhileNoContainerIsThereEndsItToo) {
    start_until_ready();
    program->signal(SIGTERM);
    EXPECT_EQ(end(), End::asked) << result.err;
    EXPECT_EQ(logind.count("/session/_33 ReleaseControl()"), 0U);
}

TEST_F(SeatProgramTest, ADesktopThatRestartsKeepsTheSession) {
    start_until_ready();
    for (int round = 0; round < 2; ++round) {
        start_container_bus();
        ASSERT_TRUE(run_until(io, [&] { return std::filesystem::exists(socket_path); }));
        ASSERT_TRUE(shows("bridged; nobody has control"));
        BusPeer desktop{io, "unix:path=" + socket_path};
        ASSERT_EQ(desktop.session_call("TakeControl", take_politely).error, "");
        notified.lines.clear();
        container_bus->kill();
        ASSERT_TRUE(run_until(
            io, [&] { return logind.count("/session/_33 ReleaseControl()") == static_cast<std::size_t>(round) + 1; }));
    }
    EXPECT_EQ(pam.log(), "open_session root tty7\n");
}

TEST_F(SeatProgramTest, ItsUnitsEnvironmentFileIsEnough) {
    start({BERTH_SEAT_PROGRAM, "seat0", "--host-bus", host_bus.address(), "--pam-confdir", pam.path()},
          {{"BERTH_SEAT_USER", "root"},
           {"BERTH_SEAT_VT", "7"},
           {"BERTH_SEAT_CONTAINER_BUS", socket_path},
           {"BERTH_SEAT_STATE", state_path},
           {"BERTH_SEAT_DESKTOP", "gnome"}});
    EXPECT_TRUE(run_until(io, [&] { return notified.has("READY=1"); })) << program->err();
}

TEST_F(SeatProgramTest, TheSessionsVariablesReachPam) {
    pam.serve_session("3", "XDG_RUNTIME_DIR DEFAULT=/${XDG_SEAT}/${XDG_VTNR}/${XDG_SESSION_TYPE}/"
                           "${XDG_SESSION_CLASS}/${XDG_SESSION_DESKTOP}\n");
    auto argv = arguments();
    argv.insert(argv.end(), {"--desktop", "gnome-classic"});
    start(argv);
    ASSERT_TRUE(run_until(io, [&] { return notified.has("READY=1"); })) << program->err();
    EXPECT_EQ(state()["runtimeDirectory"], "/seat0/7/wayland/user/gnome-classic");
}

TEST_F(SeatProgramTest, OnASeatWithoutTerminalsPamAndTheStateNameNone) {
    logind.session.seat = "seat1";
    logind.session.vt = 0;
    pam.serve_session("3", "XDG_RUNTIME_DIR DEFAULT=/${XDG_SEAT}/${XDG_VTNR}/${XDG_SESSION_TYPE}\n");
    start({BERTH_SEAT_PROGRAM, "seat1", "--user", "root", "--state", state_path, "--container-bus", socket_path,
           "--host-bus", host_bus.address(), "--pam-confdir", pam.path()});
    ASSERT_TRUE(run_until(io, [&] { return notified.has("READY=1"); })) << program->err();
    EXPECT_EQ(state()["runtimeDirectory"], "/seat1//wayland");
    EXPECT_EQ(state()["vt"], 0);
    EXPECT_EQ(pam.log(), "open_session root \n");
    EXPECT_EQ(logind.count("/session/_33 Activate()"), 1U);
}

TEST_F(SeatProgramTest, ADeniedMemberIsToldOnceInTheLog) {
    start_until_ready();
    start_container_bus();
    ASSERT_TRUE(shows("bridged; nobody has control"));
    BusPeer desktop{io, "unix:path=" + socket_path};
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(desktop.session_call("Terminate").error, "org.freedesktop.DBus.Error.AccessDenied");
    }
    desktop.session_call("Kill");
    program->signal(SIGTERM);
    EXPECT_EQ(end(), End::asked);
    const std::string line{"denied to the container: org.freedesktop.login1.Session.Terminate"};
    const auto first = result.err.find(line);
    ASSERT_NE(first, std::string::npos) << result.err;
    EXPECT_EQ(result.err.find(line, first + 1), std::string::npos);
    EXPECT_THAT(result.err, HasSubstr("org.freedesktop.login1.Session.Kill"));
}

TEST_F(SeatProgramTest, ASessionThatCannotBeActivatedIsBridgedNoneTheLess) {
    logind.refuses = {"Activate"};
    start_until_ready();
    EXPECT_TRUE(program->printed("does not activate the session"));
}

} // namespace
} // namespace berth::testing
