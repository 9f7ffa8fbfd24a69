#include "login1/seat_fixture.hpp"

#include <regex>

namespace berth::testing {
namespace {

using login1::End;
using ::testing::HasSubstr;

/// Every way in which berth-seat ends, by its exit status.
class SeatEndTest : public SeatTest {
  protected:
    /// Starts with one argument replaced, and waits for the end.
    End end_with(const std::string& option, const std::string& value) {
        auto argv = arguments();
        const auto found = std::find(argv.begin(), argv.end(), option);
        *std::next(found) = value;
        start(argv);
        return end();
    }

    End end_of_start() {
        start();
        return end();
    }
};

TEST_F(SeatEndTest, AnUserWhomPamDoesNotKnow) {
    pam.serve("account required pam_unix.so\nsession required pam_permit.so\n");
    EXPECT_EQ(end_with("--user", "nobody-of-that-name"), End::pam_refused);
    EXPECT_THAT(result.err, HasSubstr("nobody-of-that-name: User not known"));
    EXPECT_FALSE(notified.has("READY=1"));
}

TEST_F(SeatEndTest, AnAccountThatPamRefuses) {
    pam.serve("account required pam_deny.so\nsession required pam_permit.so\n");
    EXPECT_EQ(end_of_start(), End::pam_refused);
}

TEST_F(SeatEndTest, AModuleThatCannotOpenTheSession) {
    pam.serve("account required pam_permit.so\nsession required pam_deny.so\n");
    EXPECT_EQ(end_of_start(), End::no_session);
    EXPECT_THAT(result.err, HasSubstr("PAM refused the session"));
}

TEST_F(SeatEndTest, APamThatOpensNoSessionOfLogind) {
    pam.serve("account required pam_permit.so\nsession required pam_permit.so\n");
    EXPECT_EQ(end_of_start(), End::no_session);
    EXPECT_THAT(result.err, HasSubstr("pam_systemd"));
}

TEST_F(SeatEndTest, ASessionThatLogindDoesNotKnow) {
    pam.serve_session("8");
    EXPECT_EQ(end_of_start(), End::no_session);
    EXPECT_THAT(result.err, HasSubstr("No session '8' known"));
    EXPECT_EQ(pam.log(), "open_session root tty7\nclose_session root tty7\n");
}

TEST_F(SeatEndTest, ASessionOnAnotherTerminalOrSeat) {
    EXPECT_EQ(end_with("--vt", "8"), End::no_session);
    EXPECT_THAT(result.err, HasSubstr("session 3 is on seat0, VT 7"));
    logind.session.seat = "seat9";
    EXPECT_EQ(end_of_start(), End::no_session);
}

TEST_F(SeatEndTest, TheSessionsRemoval) {
    start_until_ready();
    logind.emit(
        std::string{login1::names::manager_path}, std::string{login1::names::manager}, "SessionRemoved",
        [](sd_bus_message* message) { sd_bus_message_append(message, "so", "3", login1::own_session().path.c_str()); });
    EXPECT_EQ(end(), End::session_ended);
    EXPECT_FALSE(std::filesystem::exists(state_path));
}

TEST_F(SeatEndTest, ALogindThatRestarts) {
    start_until_ready();
    logind.leave();
    EXPECT_EQ(end(), End::logind_lost);
    EXPECT_THAT(pam.log(), HasSubstr("close_session"));
}

TEST_F(SeatEndTest, ALogindThatIsNotThere) {
    logind.leave();
    EXPECT_EQ(end_of_start(), End::logind_lost);
}

TEST_F(SeatEndTest, AHostBusThatHangsUp) {
    start_until_ready();
    host_bus.kill();
    EXPECT_EQ(end(), End::host_bus_lost);
}

TEST_F(SeatEndTest, AHostBusThatIsNotThere) {
    EXPECT_EQ(end_with("--host-bus", "unix:path=" + folder.path() + "/nothing"), End::host_bus_lost);
    EXPECT_THAT(pam.log(), HasSubstr("close_session"));
}

TEST_F(SeatEndTest, AFolderOfTheContainersBusThatIsNotThere) {
    EXPECT_EQ(end_with("--container-bus", folder.path() + "/missing/bus"), End::failed);
    EXPECT_THAT(result.err, HasSubstr("missing"));
}

TEST_F(SeatEndTest, AStateFileThatCannotBeWritten) {
    EXPECT_EQ(end_with("--state", "/proc/version/session.json"), End::failed);
    EXPECT_THAT(pam.log(), HasSubstr("close_session"));
}

TEST_F(SeatEndTest, ArgumentsThatAreWrong) {
    EXPECT_EQ(end_with("--vt", "0"), End::usage);
    EXPECT_EQ(end_with("--vt", "64"), End::usage);
    EXPECT_EQ(end_with("--vt", "seven"), End::usage);
    start({BERTH_SEAT_PROGRAM, "seat1", "--user", "root", "--vt", "7", "--state", state_path, "--container-bus",
           socket_path});
    EXPECT_EQ(end(), End::usage);
    EXPECT_THAT(result.err, HasSubstr("seat1 has no virtual terminals"));
    start({BERTH_SEAT_PROGRAM, "seat0", "--user", "root", "--state", state_path, "--container-bus", socket_path});
    EXPECT_EQ(end(), End::usage);
    EXPECT_THAT(result.err, HasSubstr("seat0 has virtual terminals"));
    start({BERTH_SEAT_PROGRAM});
    EXPECT_EQ(end(), End::usage);
    auto argv = arguments();
    argv[1] = "../seat0";
    start(argv);
    EXPECT_EQ(end(), End::usage);
    EXPECT_EQ(pam.log(), "") << "nothing was opened";
}

TEST_F(SeatEndTest, ItsHelpNamesEveryStatusAndVariable) {
    start({BERTH_SEAT_PROGRAM, "--help"});
    EXPECT_EQ(end(), End::asked);
    const std::string unit = test::read_file(BERTH_SOURCE_DIR "/systemd-units/berth-seat@.service.in");
    const std::regex variable{"BERTH_SEAT_[A-Z_]+"};
    int found = 0;
    for (auto at = std::sregex_iterator{unit.begin(), unit.end(), variable}; at != std::sregex_iterator{}; ++at) {
        EXPECT_THAT(result.out, HasSubstr(at->str()));
        ++found;
    }
    EXPECT_GE(found, 5);
    for (const char* const status : {"10", "11", "12", "13", "14", "15"}) {
        EXPECT_THAT(result.out, HasSubstr(status));
        EXPECT_THAT(unit, HasSubstr(status));
    }
}

} // namespace
} // namespace berth::testing
