#include "guard/vt_console.hpp"
#include "linux/restore_report.hpp"
#include "linux/terminal_text.hpp"
#include "linux/vt.hpp"
#include "support/io_test.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <vector>

namespace berth::os {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

const model::SeatName seat0{"seat0"};
const model::SeatName seat1{"seat1"};

class VirtualTerminalsTest : public test::VtTest {
  protected:
    template <class T>
    Result<T> wait_for(const std::function<void(Done<T>)>& start) {
        std::optional<Result<T>> answer;
        bool inside = true;
        start([&](Result<T> result) {
            EXPECT_FALSE(inside) << "called back from inside the call";
            answer = std::move(result);
        });
        inside = false;
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (!answer && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_one_until(end);
        }
        return answer.value_or(Error{ErrorCode::failed, "no answer in 20 s"});
    }

    Result<model::VtClaim> claim(VirtualTerminals& terminals, const model::SeatName& seat = seat0) {
        return wait_for<model::VtClaim>([&](Done<model::VtClaim> done) { terminals.claim(seat, std::move(done)); });
    }

    Result<model::RestoreReport> restore(VirtualTerminals& terminals, const model::VtClaim& what) {
        model::Seat of;
        of.name = seat0;
        return wait_for<model::RestoreReport>(
            [&](Done<model::RestoreReport> done) { terminals.restore(of, what, std::move(done)); });
    }

    /// A program that stands in for berth-restore.
    std::string script(const std::string& text) {
        const std::string path = scratch.path() + "/helper";
        test::write_file(path, "#!/bin/sh\n" + text);
        ::chmod(path.c_str(), 0700);
        return path;
    }

    test::ScratchFolder scratch;
    boost::asio::io_context io{1};
    VirtualTerminals real{io, BERTH_RESTORE_PROGRAM};
};

TEST_F(VirtualTerminalsTest, AClaimIsNeverAGettysTerminalNorTheVisibleNorOneInUse) {
    ASSERT_TRUE(test::switch_to(7));
    const UniqueFd in_use = test::open_vt(8);
    const auto claimed = claim(real);
    ASSERT_TRUE(claimed.has_value()) << claimed.error().message;
    EXPECT_GE(claimed->vt, 9U);
    EXPECT_LE(claimed->vt, 15U);
    EXPECT_EQ(claimed->home, 7U);
    EXPECT_EQ(claimed->keyboard_mode, test::unicode_keyboard);
    ASSERT_TRUE(test::switch_to(home));
}

TEST_F(VirtualTerminalsTest, TwoSeatsNeverGetTheSameTerminal) {
    const auto first = claim(real, seat0);
    const auto second = claim(real, seat1);
    ASSERT_TRUE(first.has_value() && second.has_value());
    EXPECT_NE(first->vt, second->vt);
    const auto again = claim(real, seat0);
    ASSERT_TRUE(again.has_value());
    EXPECT_NE(again->vt, second->vt);
}

TEST_F(VirtualTerminalsTest, NoneIsLentWhereNobodyCouldSeeTheOneThatComesBack) {
    const std::string sys = scratch.path() + "/sys";
    std::filesystem::create_directories(sys + "/class/drm/card0-HDMI-A-1");
    VirtualTerminals dark{io, BERTH_RESTORE_PROGRAM, {.sys = sys}};
    const auto refused = claim(dark);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::vt_unavailable);
    EXPECT_THAT(refused.error().message, HasSubstr("--without-text-console"));
    VirtualTerminals told{io, BERTH_RESTORE_PROGRAM, {.without_text = true, .sys = sys}};
    EXPECT_TRUE(claim(told).has_value());
    std::filesystem::create_directories(sys + "/class/graphics/fb0");
    EXPECT_TRUE(claim(dark).has_value());
}

TEST_F(VirtualTerminalsTest, ClaimingChangesNothing) {
    const unsigned visible = test::visible_vt();
    const auto claimed = claim(real);
    ASSERT_TRUE(claimed.has_value());
    EXPECT_EQ(test::visible_vt(), visible);
    EXPECT_EQ(test::state_of(claimed->vt), test::healthy());
    EXPECT_EQ(test::state_of(home), test::healthy());
}

TEST_F(VirtualTerminalsTest, HomeIsTerminal1WhenTheVisibleOneIsInGraphics) {
    const test::Owner owner{[] { return test::take_as_a_desktop(desktop); }};
    ASSERT_TRUE(owner.ready());
    const auto claimed = claim(real);
    ASSERT_TRUE(claimed.has_value());
    EXPECT_EQ(claimed->home, 1U);
    EXPECT_EQ(claimed->keyboard_mode, test::unicode_keyboard);
}

TEST_F(VirtualTerminalsTest, WhenEveryTerminalIsInUseTheErrorSaysWhatToDo) {
    std::vector<UniqueFd> all;
    for (unsigned vt = 7; vt <= 15; ++vt) {
        all.push_back(test::open_vt(vt));
    }
    const auto claimed = claim(real);
    ASSERT_FALSE(claimed.has_value());
    EXPECT_EQ(claimed.error().code, ErrorCode::vt_unavailable);
    EXPECT_THAT(claimed.error().message, HasSubstr("terminals 7 to 15 are all in use"));
}

TEST_F(VirtualTerminalsTest, ADeadDesktopsTerminalIsRestoredByTheHelper) {
    const auto claimed = claim(real);
    ASSERT_TRUE(claimed.has_value());
    test::Owner owner{[vt = claimed->vt] { return test::take_as_a_desktop(vt); }};
    ASSERT_TRUE(owner.ready());
    owner.kill_and_reap();
    const auto report = restore(real, *claimed);
    ASSERT_TRUE(report.has_value()) << report.error().message;
    EXPECT_TRUE(report->verified);
    const std::string name = "tty" + std::to_string(claimed->vt);
    EXPECT_THAT(report->found, Contains(name + ": KD_GRAPHICS"));
    EXPECT_THAT(report->done, Contains(name + ": TIOCVHANGUP")) << "a claimed terminal is our own";
    EXPECT_TRUE(report->remaining.empty());
    EXPECT_GT(report->took_us, 0);
    EXPECT_EQ(test::visible_vt(), home);
    EXPECT_EQ(test::state_of(claimed->vt), test::healthy());
}

TEST_F(VirtualTerminalsTest, ATerminalThatWasNotClaimedHereIsNotHungUp) {
    const auto report = restore(real, {desktop, home, 3});
    ASSERT_TRUE(report.has_value());
    EXPECT_THAT(report->done, ::testing::Not(Contains("tty20: TIOCVHANGUP")));
}

TEST_F(VirtualTerminalsTest, ATerminalThatAnEarlierBerthdClaimedIsOurOwnOnceItIsAdopted) {
    const auto claimed = claim(real);
    ASSERT_TRUE(claimed.has_value());
    VirtualTerminals next{io, BERTH_RESTORE_PROGRAM};
    next.adopt(seat0, *claimed);
    const auto report = restore(next, *claimed);
    ASSERT_TRUE(report.has_value()) << report.error().message;
    EXPECT_THAT(report->done, Contains("tty" + std::to_string(claimed->vt) + ": TIOCVHANGUP"));
}

TEST_F(VirtualTerminalsTest, AHelperThatHangsIsATimeLimitAndNotAHungDaemon) {
    VirtualTerminals terminals{io, script("exec sleep 1000\n"), {.limit = std::chrono::milliseconds{100}}};
    const auto start = std::chrono::steady_clock::now();
    const auto report = restore(terminals, {desktop, home, 3});
    ASSERT_FALSE(report.has_value());
    EXPECT_EQ(report.error().code, ErrorCode::timed_out);
    EXPECT_THAT(report.error().message, HasSubstr("did not end in time"));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{5});
    io.restart();
    EXPECT_GT(io.run_for(std::chrono::seconds{10}), 0U) << "the killed helper is reaped";
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
}

TEST_F(VirtualTerminalsTest, AfterAHelperHungTheTerminalIsNotHungUpAgain) {
    VirtualTerminals terminals{
        io,
        script("case \"$*\" in *--hangup*) exec sleep 1000;; esac\n"
               "echo '{\"verified\":true,\"found\":[],\"done\":[],\"remaining\":[],\"took_us\":1}'\n"),
        {.limit = std::chrono::milliseconds{200}}};
    const auto claimed = claim(terminals);
    ASSERT_TRUE(claimed.has_value());
    EXPECT_EQ(restore(terminals, *claimed).error().code, ErrorCode::timed_out);
    const auto second = restore(terminals, *claimed);
    ASSERT_TRUE(second.has_value()) << second.error().message;
    EXPECT_TRUE(second->verified);
}

TEST_F(VirtualTerminalsTest, AHelperThatIsNotThereIsAnErrorThatNamesIt) {
    VirtualTerminals terminals{io, "/nonexistent/berth-restore"};
    const auto report = restore(terminals, {desktop, home, 3});
    ASSERT_FALSE(report.has_value());
    EXPECT_EQ(report.error().message, "start /nonexistent/berth-restore: No such file or directory");
}

TEST_F(VirtualTerminalsTest, AHelperThatDiesOrTalksNonsenseIsAnError) {
    VirtualTerminals dying{io, script("kill -SEGV $$\n")};
    EXPECT_THAT(restore(dying, {desktop, home, 3}).error().message, HasSubstr("died by signal 11"));
    VirtualTerminals talking{io, script("head -c 100000 /dev/zero\n")};
    EXPECT_EQ(restore(talking, {desktop, home, 3}).error().message, "berth-restore did not print a report");
}

TEST_F(VirtualTerminalsTest, AHelperInheritsNoDescriptorOfOurs) {
    const UniqueFd leak{::open("/etc/passwd", O_RDONLY)}; // without O_CLOEXEC
    const std::string list = scratch.path() + "/list";
    VirtualTerminals terminals{io, script("ls /proc/$$/fd > " + list + "\n")};
    EXPECT_FALSE(restore(terminals, {desktop, home, 3}).has_value());
    const std::string open = test::read_file(list);
    EXPECT_EQ(open.find(std::to_string(leak.get()) + "\n"), std::string::npos) << open;
}

TEST_F(VirtualTerminalsTest, AReportThatIsNotVerifiedIsNoError) {
    VirtualTerminals terminals{
        io, script("echo '{\"verified\":false,\"found\":[],\"done\":[],\"remaining\":[\"tty7: KD_GRAPHICS\"],"
                   "\"took_us\":5}'\nexit 1\n")};
    const auto report = restore(terminals, {desktop, home, 3});
    ASSERT_TRUE(report.has_value());
    EXPECT_FALSE(report->verified);
    EXPECT_THAT(report->remaining, Contains("tty7: KD_GRAPHICS"));
}

TEST_F(VirtualTerminalsTest, AnEmptyClaimCannotBeRestored) {
    const auto report = restore(real, {});
    ASSERT_FALSE(report.has_value());
    EXPECT_EQ(report.error().code, ErrorCode::vt_unavailable);
}

TEST_F(VirtualTerminalsTest, TheGuessIsTheVisibleTerminal) {
    const auto guessed = real.guess();
    ASSERT_TRUE(guessed.has_value());
    EXPECT_EQ(*guessed, (model::VtClaim{home, home, 3}));
}

TEST_F(VirtualTerminalsTest, PrintingPutsTheLineOnThatTerminal) {
    real.print(desktop, "berth: three failed starts\nsee the log \x1b[2J");
    const UniqueFd screen{::open("/dev/vcs20", O_RDONLY | O_CLOEXEC)};
    if (!screen) {
        GTEST_SKIP() << "no /dev/vcs20 to read the screen back";
    }
    std::string shown(16 * 1024, '\0');
    shown.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(screen.get(), shown.data(), shown.size()))));
    EXPECT_THAT(shown, HasSubstr("berth: three failed starts"));
    EXPECT_THAT(shown, HasSubstr("see the log ?[2J"));
}

TEST_F(VirtualTerminalsTest, PrintingOnAStoppedTerminalDoesNotBlock) {
    const UniqueFd holder = test::open_vt(desktop);
    ASSERT_EQ(::tcflow(holder.get(), TCOOFF), 0);
    for (int i = 0; i < 100; ++i) {
        real.print(desktop, std::string(1000, 'x'));
    }
    EXPECT_TRUE(test::state_of(desktop).stopped);
    real.print(12345, "nowhere");
}

TEST(TerminalTextTest, ControlCharactersNeverReachTheTerminal) {
    EXPECT_EQ(terminal_text("a\nb"), "a\r\nb\r\n");
    EXPECT_EQ(terminal_text("a\n"), "a\r\n");
    EXPECT_EQ(terminal_text(""), "\r\n");
    EXPECT_EQ(terminal_text("\x1b[31m\x07\x7f\tü\r"), "?[31m??\tü?\r\n");
    EXPECT_EQ(terminal_text("\xc2\x9b"
                            "2J"),
              "?2J\r\n")
        << "CSI as one character, U+009B";
}

TEST(ParseRestoreReportTest, NonsenseIsAnErrorAndNeverAnException) {
    for (const char* line : {"", "{", "[]", "{}", R"({"verified":1,"found":[],"done":[],"remaining":[],"took_us":1})",
                             R"({"verified":true,"found":[7],"done":[],"remaining":[],"took_us":1})",
                             R"({"verified":true,"found":"x","done":[],"remaining":[],"took_us":1})"}) {
        EXPECT_FALSE(parse_restore_report(line).has_value()) << line;
    }
}

} // namespace
} // namespace berth::os
