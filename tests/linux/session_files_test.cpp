#include "linux/directories.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <pwd.h>
#include <unistd.h>

namespace berth::os {
namespace {

namespace fs = std::filesystem;
using test::read_file;
using test::write_file;
using ::testing::AllOf;
using ::testing::HasSubstr;

const model::SeatName the_seat{std::string{"seat0"}};

/// An id that no user of this host has.
std::uint32_t unknown_uid() {
    std::uint32_t uid = 64000;
    while (::getpwuid(uid) != nullptr) { // NOLINT(concurrency-mt-unsafe): one thread
        ++uid;
    }
    return uid;
}

/// The session's files of seat0. Nothing is mounted, so that the door is a plain folder here.
class SessionFilesTest : public ::testing::Test {
  protected:
    void SetUp() override {
        if (::geteuid() != 0) {
            GTEST_SKIP() << "the owner of folders is set, which needs root";
        }
        seat.name = the_seat;
        seat.plan = model::UpPlan{};
        seat.plan->mode = model::SeatMode::logind;
        seat.plan->profile.name = "gnome";
        seat.plan->profile.user.uid = 0; // a user that every host has
        seat.vt = model::VtClaim{8, 1, 3};
        fs::create_directories(base);
    }

    unsigned mode_of(const std::string& name) const {
        struct stat status {};

        EXPECT_EQ(::lstat((base + "/" + name).c_str(), &status), 0) << name;
        return status.st_mode & 07777U;
    }

    void berth_seat_says(const std::string& text) const { write_file(state, text); }

    /// What is wrong with the state; empty when nothing is.
    std::string complaint() {
        const auto lease = directories.note_session(the_seat);
        EXPECT_TRUE(lease || !fs::exists(base + "/door/session.env")) << "the desktop is told of no session";
        return lease ? std::string{} : lease.error().message;
    }

    test::ScratchFolder scratch;
    std::string runtime = scratch.path() + "/run/berth";
    std::string base = runtime + "/seats/seat0";
    std::string state = base + "/session.json";
    Directories directories{runtime, scratch.path() + "/var/berth"};
    model::Seat seat;
};

TEST_F(SessionFilesTest, PreparingTellsBerthSeatWhoseSessionToOpenAndWhere) {
    const auto prepared = directories.prepare_session(seat);
    ASSERT_TRUE(prepared) << prepared.error().message;
    EXPECT_EQ(read_file(base + "/seat.env"), "BERTH_SEAT_USER=root\n"
                                             "BERTH_SEAT_VT=8\n"
                                             "BERTH_SEAT_CONTAINER_BUS=" +
                                                 base +
                                                 "/system-bus/system_bus_socket\n"
                                                 "BERTH_SEAT_LOGIN_FILES=" +
                                                 base +
                                                 "/login\n"
                                                 "BERTH_SEAT_STATE=" +
                                                 state +
                                                 "\n"
                                                 "BERTH_SEAT_LATE_CARDS=forward\n"
                                                 "BERTH_SEAT_DESKTOP=gnome\n");
    EXPECT_EQ(mode_of("seat.env"), 0600U);
    EXPECT_TRUE(fs::is_directory(base + "/system-bus"));
    EXPECT_EQ(mode_of("system-bus"), 0755U);
    for (const char* kind : {"login/sessions", "login/users", "login/seats"}) {
        EXPECT_TRUE(fs::is_directory(base + "/" + kind));
        EXPECT_EQ(mode_of(kind), 0755U);
    }
}

TEST_F(SessionFilesTest, ACompositorThatIsToldOfNoLateCardIsToldOfNone) {
    for (const model::LateCards cards : {model::LateCards::ignore, model::LateCards::reseat}) {
        seat.plan->profile.late_cards = cards;
        ASSERT_TRUE(directories.prepare_session(seat));
        EXPECT_THAT(read_file(base + "/seat.env"), HasSubstr("\nBERTH_SEAT_LATE_CARDS=withhold\n"));
    }
}

TEST_F(SessionFilesTest, PreparingAgainReplacesWhatWasSaid) {
    ASSERT_TRUE(directories.prepare_session(seat));
    fs::permissions(base + "/system-bus", fs::perms::owner_all);
    fs::permissions(base + "/seat.env", fs::perms::all);
    seat.vt->vt = 9;
    seat.plan->profile.name = "gnome $HOME";
    ASSERT_TRUE(directories.prepare_session(seat));
    const std::string text = read_file(base + "/seat.env");
    EXPECT_THAT(text, AllOf(HasSubstr("BERTH_SEAT_VT=9\n"), HasSubstr("BERTH_SEAT_DESKTOP=\"gnome \\$HOME\"\n")));
    EXPECT_EQ(mode_of("seat.env"), 0600U);
    EXPECT_EQ(mode_of("system-bus"), 0755U);
}

TEST_F(SessionFilesTest, AUserThatTheHostDoesNotHaveIsNamedByTheId) {
    const std::uint32_t uid = unknown_uid();
    seat.plan->profile.user.uid = uid;
    const auto prepared = directories.prepare_session(seat);
    ASSERT_FALSE(prepared);
    EXPECT_THAT(prepared.error().message, AllOf(HasSubstr("the id " + std::to_string(uid)), HasSubstr("useradd --uid"),
                                                HasSubstr("user.uid in the profile")));
    EXPECT_FALSE(fs::exists(base + "/seat.env"));
}

TEST_F(SessionFilesTest, WithoutAPlanOrATerminalThereIsNothingToPrepare) {
    auto without_vt = seat;
    without_vt.vt.reset();
    auto without_plan = seat;
    without_plan.plan.reset();
    auto elsewhere = seat;
    elsewhere.name = model::SeatName{std::string{"../seat0"}};
    for (const auto& each : {without_vt, without_plan, elsewhere}) {
        const auto prepared = directories.prepare_session(each);
        ASSERT_FALSE(prepared);
        EXPECT_THAT(prepared.error().message, HasSubstr(each.name.value));
    }
    EXPECT_FALSE(fs::exists(base + "/seat.env"));
}

TEST_F(SessionFilesTest, ASymbolicLinkInPlaceOfAFolderIsRefused) {
    fs::create_directories(scratch.path() + "/victim");
    fs::create_directory_symlink(scratch.path() + "/victim", base + "/system-bus");
    EXPECT_FALSE(directories.prepare_session(seat));
    fs::create_directory_symlink(scratch.path() + "/victim", base + "/door");
    berth_seat_says(R"({"session": "5", "vt": 8, "leader": 4711})");
    EXPECT_FALSE(directories.note_session(the_seat));
    EXPECT_TRUE(fs::is_empty(scratch.path() + "/victim"));
}

TEST_F(SessionFilesTest, NotingReadsTheSessionAndTellsTheDesktop) {
    berth_seat_says(R"({"session": "5", "sessionPath": "/org/freedesktop/login1/session/_35", "user": "root",
                        "uid": 0, "seat": "seat0", "vt": 8, "leader": 4711})");
    const auto lease = directories.note_session(the_seat);
    ASSERT_TRUE(lease) << lease.error().message;
    EXPECT_EQ(*lease, (model::SeatLease{"5", 8, 4711}));
    EXPECT_EQ(read_file(base + "/door/session.env"), "XDG_SESSION_ID=5\nXDG_SEAT=seat0\nXDG_VTNR=8\n");
    EXPECT_EQ(mode_of("door/session.env"), 0644U);
    EXPECT_EQ(mode_of("door"), 0755U);
}

TEST_F(SessionFilesTest, OnASeatWithoutTerminalsNobodyIsToldOfOne) {
    seat.name = model::SeatName{std::string{"seat1"}};
    seat.vt.reset();
    const std::string other = runtime + "/seats/seat1";
    ASSERT_TRUE(directories.prepare_session(seat));
    EXPECT_THAT(read_file(other + "/seat.env"),
                AllOf(HasSubstr("BERTH_SEAT_USER=root\n"), ::testing::Not(HasSubstr("BERTH_SEAT_VT"))));
    write_file(other + "/session.json", R"({"session": "c7", "seat": "seat1", "leader": 4711})");
    const auto lease = directories.note_session(seat.name);
    ASSERT_TRUE(lease) << lease.error().message;
    EXPECT_EQ(*lease, (model::SeatLease{"c7", 0, 4711}));
    EXPECT_EQ(read_file(other + "/door/session.env"), "XDG_SESSION_ID=c7\nXDG_SEAT=seat1\n");
}

TEST_F(SessionFilesTest, ASessionsNameCannotSpeakForMore) {
    berth_seat_says(R"({"session": "5\"; X=`id`", "vt": 8, "leader": 4711})");
    ASSERT_TRUE(directories.note_session(the_seat));
    EXPECT_THAT(read_file(base + "/door/session.env"), HasSubstr("XDG_SESSION_ID=\"5\\\"; X=\\`id\\`\"\n"));
}

TEST_F(SessionFilesTest, AMissingStateIsNamed) {
    EXPECT_THAT(complaint(), HasSubstr("session.json"));
}

TEST_F(SessionFilesTest, ATornOrStrangeStateIsNamed) {
    const std::string whole = R"({"session": "5", "vt": 8, "leader": 4711})";
    for (std::size_t size = 0; size < whole.size(); ++size) {
        berth_seat_says(whole.substr(0, size));
        EXPECT_THAT(complaint(), HasSubstr("session.json")) << "the first " << size << " bytes";
    }
    for (const std::string& text : std::vector<std::string>{"null", "[]", "7", "\"text\"", "{}", "\xff\xfe",
                                                            std::string(3, '\0'), whole + whole, "[" + whole + "]"}) {
        berth_seat_says(text);
        EXPECT_THAT(complaint(), HasSubstr("session.json")) << text;
    }
}

TEST_F(SessionFilesTest, AStateOfTheWrongTypesIsNamed) {
    const std::vector<std::string> states{
        R"({"vt": 8, "leader": 4711})",
        R"({"session": "5", "leader": 4711})",
        R"({"session": "5", "vt": 8})",
        R"({"session": 5, "vt": 8, "leader": 4711})",
        R"({"session": null, "vt": 8, "leader": 4711})",
        R"({"session": "", "vt": 8, "leader": 4711})",
        R"({"session": "5", "vt": "8", "leader": 4711})",
        R"({"session": "5", "vt": true, "leader": 4711})",
        R"({"session": "5", "vt": 8.5, "leader": 4711})",
        R"({"session": "5", "vt": -8, "leader": 4711})",
        R"({"session": "5", "vt": 0, "leader": 4711})",
        R"({"session": "5", "vt": 64, "leader": 4711})",
        R"({"session": "5", "vt": 4294967304, "leader": 4711})",
        R"({"session": "5", "vt": 8, "leader": "4711"})",
        R"({"session": "5", "vt": 8, "leader": false})",
        R"({"session": "5", "vt": 8, "leader": 0})",
        R"({"session": "5", "vt": 8, "leader": -1})",
        R"({"session": "5", "vt": 8, "leader": 4294971999})",
        R"({"session": "5", "vt": 8, "leader": 1e300})",
        R"({"session": ["5"], "vt": {}, "leader": []})",
    };
    for (const std::string& text : states) {
        berth_seat_says(text);
        EXPECT_THAT(complaint(), HasSubstr("session.json")) << text;
    }
}

TEST_F(SessionFilesTest, AStateThatIsTooLargeOrNestedTooDeepIsNamed) {
    const std::string whole = R"({"session": "5", "vt": 8, "leader": 4711)";
    for (const std::string& text : {whole + R"(, "x": ")" + std::string(20000, 'x') + "\"}",
                                    whole + "}" + std::string(20000, ' '), std::string(10000, '[')}) {
        berth_seat_says(text);
        EXPECT_THAT(complaint(), HasSubstr("session.json")) << text.substr(0, 60) << "...";
    }
}

TEST_F(SessionFilesTest, ALinkOrAnotherKindOfFileInPlaceOfTheStateIsNotRead) {
    const std::string elsewhere = scratch.path() + "/elsewhere.json";
    write_file(elsewhere, R"({"session": "5", "vt": 8, "leader": 4711})");
    fs::create_symlink(elsewhere, state);
    EXPECT_THAT(complaint(), HasSubstr("session.json"));
    fs::remove(state);
    fs::create_directories(state);
    EXPECT_THAT(complaint(), HasSubstr("session.json"));
    fs::remove(state);
    ASSERT_EQ(::mkfifo(state.c_str(), 0600), 0);
    EXPECT_THAT(complaint(), HasSubstr("session.json")) << "nobody writes in it: that must not hold berthd up";
}

TEST_F(SessionFilesTest, NamesThatAreNoSeatsReachNoFile) {
    for (const char* name : {"", "..", "../seat0", "seat0/door"}) {
        const auto lease = directories.note_session(model::SeatName{std::string{name}});
        ASSERT_FALSE(lease) << name;
        EXPECT_EQ(lease.error().code, ErrorCode::invalid_argument);
    }
}

TEST_F(SessionFilesTest, ClosingTheSeatRemovesThem) {
    ASSERT_TRUE(directories.prepare_session(seat));
    berth_seat_says(R"({"session": "5", "vt": 8, "leader": 4711})");
    ASSERT_TRUE(directories.note_session(the_seat));
    ASSERT_TRUE(directories.close(the_seat));
    EXPECT_FALSE(fs::exists(base));
}

} // namespace
} // namespace berth::os
