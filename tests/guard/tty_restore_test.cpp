#include "guard/tty_restore.hpp"
#include "guard/vt_console.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <new>
#include <vector>

namespace berth::guard {
namespace {

using test::eventually;
using test::healthy;
using test::open_vt;
using test::Owner;
using test::state_of;
using test::switch_to;
using test::take_as_a_desktop;
using test::visible_vt;

class TtyRestoreTest : public test::VtTest {
  protected:
    static constexpr Request request{desktop, home, K_UNICODE, false};
    static constexpr Request request_with_hangup{desktop, home, K_UNICODE, true};

    static std::uint32_t found_on(const Report& report, unsigned vt) {
        for (std::size_t i = 0; i < report.count; ++i) {
            if (report.ttys[i].vt == vt) {
                return report.ttys[i].found;
            }
        }
        return 0;
    }

    /// By the test's own ioctls: both terminals are a person's again, and home is what is seen.
    static void expect_restored(const Report& report) {
        EXPECT_TRUE(report.verified);
        EXPECT_EQ(visible_vt(), home);
        EXPECT_EQ(state_of(desktop), healthy());
        EXPECT_EQ(state_of(home), healthy());
    }
};

/// One subset of what a desktop can leave behind.
struct Leftover {
    bool locked, exclusive, stopped, raw, keyboard_off, graphics;
};

TEST_F(TtyRestoreTest, EachOfThe64CombinationsOfLeftoversIsRestored) {
    for (unsigned bits = 0; bits < 64; ++bits) {
        const Leftover left{(bits & 1U) != 0, (bits & 2U) != 0,  (bits & 4U) != 0,
                            (bits & 8U) != 0, (bits & 16U) != 0, (bits & 32U) != 0};
        SCOPED_TRACE("combination " + std::to_string(bits));
        ASSERT_TRUE(switch_to(desktop));
        const UniqueFd holder = open_vt(desktop); // some leaked descriptor: the states outlive their setter
        if (left.raw) {
            termios line{};
            ASSERT_EQ(::tcgetattr(holder.get(), &line), 0);
            ::cfmakeraw(&line);
            ASSERT_EQ(::tcsetattr(holder.get(), TCSANOW, &line), 0);
        }
        ASSERT_TRUE(!left.stopped || ::tcflow(holder.get(), TCOOFF) == 0);
        ASSERT_TRUE(!left.keyboard_off || ::ioctl(holder.get(), KDSKBMODE, K_OFF) == 0);
        if (left.graphics) {
            vt_mode mode{};
            mode.mode = VT_PROCESS;
            mode.relsig = SIGURG; // ignored by default: this process never answers
            mode.acqsig = SIGURG;
            ASSERT_EQ(::ioctl(holder.get(), VT_SETMODE, &mode), 0);
            ASSERT_EQ(::ioctl(holder.get(), KDSETMODE, KD_GRAPHICS), 0);
        }
        ASSERT_TRUE(!left.exclusive || ::ioctl(holder.get(), TIOCEXCL, 0) == 0);
        ASSERT_TRUE(!left.locked || ::ioctl(holder.get(), VT_LOCKSWITCH, 0) == 0);
        const Report report = restore(request);
        expect_restored(report);
        const std::uint32_t found = found_on(report, desktop);
        EXPECT_EQ((found & wrong_exclusive) != 0, left.exclusive);
        EXPECT_EQ((found & wrong_termios) != 0, left.raw);
        EXPECT_EQ((found & wrong_keyboard) != 0, left.keyboard_off);
        EXPECT_EQ((found & wrong_graphics) != 0, left.graphics);
        EXPECT_EQ((found & wrong_process) != 0, left.graphics);
        EXPECT_EQ(found_on(report, home), wrong_active);
        EXPECT_EQ(report.rounds, 1U);
    }
}

TEST_F(TtyRestoreTest, AKilledOwnersTerminalIsRestored) {
    Owner owner{[] { return take_as_a_desktop(desktop); }};
    ASSERT_TRUE(owner.ready());
    owner.kill_and_reap();
    ASSERT_EQ(visible_vt(), desktop);
    ASSERT_NE(state_of(desktop), healthy()) << "the kernel undid it: the test tests nothing";
    expect_restored(restore(request));
}

TEST_F(TtyRestoreTest, AStoppedOwnersTerminalIsRestored) {
    const Owner owner{[] { return take_as_a_desktop(desktop); }};
    ASSERT_TRUE(owner.ready());
    owner.stop();
    expect_restored(restore(request));
}

TEST_F(TtyRestoreTest, AZombieOwnersTerminalIsRestored) {
    const Owner owner{[] { return take_as_a_desktop(desktop); }};
    ASSERT_TRUE(owner.ready());
    owner.make_zombie();
    expect_restored(restore(request));
}

TEST_F(TtyRestoreTest, ALivingOwnersTerminalIsRestoredWithoutItsConsent) {
    const Owner owner{[] { return take_as_a_desktop(desktop); }};
    ASSERT_TRUE(owner.ready());
    expect_restored(restore(request));
}

TEST_F(TtyRestoreTest, AnOwnerThatThawsAfterAHangupCannotTakeTheTerminalBack) {
    const Owner owner{[] { return take_as_a_desktop(desktop); }};
    ASSERT_TRUE(owner.ready());
    owner.stop();
    const UniqueFd held = open_vt(desktop); // as the owner holds it
    const Report report = restore(request_with_hangup);
    expect_restored(report);
    owner.go_on();
    EXPECT_EQ(::ioctl(held.get(), KDSETMODE, KD_GRAPHICS), -1);
    EXPECT_EQ(errno, EIO);
    EXPECT_EQ(state_of(desktop), healthy());
}

TEST_F(TtyRestoreTest, ATerminalWhoseSessionLeaderDiedIsRestored) {
    Owner owner{[] {
        ::setsid();
        const bool taken = take_as_a_desktop(desktop);
        UniqueFd tty = open_vt(desktop);
        return ::ioctl(tty.get(), TIOCSCTTY, 1) == 0 && tty.release() >= 0 && taken;
    }};
    ASSERT_TRUE(owner.ready());
    owner.kill_and_reap(); // the kernel hangs the terminal up
    expect_restored(restore(request));
}

TEST_F(TtyRestoreTest, ASwitchThatWaitedForTheOwnerIsAskedForAgain) {
    const Owner owner{[] { return take_as_a_desktop(desktop); }};
    ASSERT_TRUE(owner.ready());
    owner.stop();
    const UniqueFd console = open_vt(0);
    ASSERT_EQ(::ioctl(console.get(), VT_ACTIVATE, home), 0); // pending: VT_SETMODE(VT_AUTO) discards it
    EXPECT_EQ(visible_vt(), desktop);
    expect_restored(restore(request));
}

TEST_F(TtyRestoreTest, AThirdTerminalLeftInGraphicsIsMendedToo) {
    Owner owner{[] { return take_as_a_desktop(third); }};
    ASSERT_TRUE(owner.ready());
    owner.make_zombie();
    ASSERT_EQ(visible_vt(), third);
    const Report report = restore(request);
    expect_restored(report);
    EXPECT_EQ(state_of(third), healthy());
    EXPECT_NE(found_on(report, third) & wrong_graphics, 0U);
}

TEST_F(TtyRestoreTest, ALivingSessionOnAThirdTerminalIsAskedToLeaveAndKeepsItsModes) {
    const Owner owner{[] {
        ::signal(SIGUSR1, [](int) {
            const UniqueFd tty = open_vt(third);
            ::ioctl(tty.get(), VT_RELDISP, 1); // "yes, switch"
        });
        return take_as_a_desktop(third);
    }};
    ASSERT_TRUE(owner.ready());
    const Report report = restore(request);
    expect_restored(report);
    EXPECT_TRUE(state_of(third).graphics) << "somebody else's session was robbed of its terminal";
    EXPECT_TRUE(state_of(third).process);
}

TEST_F(TtyRestoreTest, AHomeTerminalInGraphicsIsMended) {
    Owner owner{[] { return take_as_a_desktop(home); }};
    ASSERT_TRUE(owner.ready());
    owner.kill_and_reap();
    const Report report = restore(request);
    expect_restored(report);
    EXPECT_NE(found_on(report, home) & wrong_graphics, 0U);
}

TEST_F(TtyRestoreTest, SomebodysRawLineOnTheHomeTerminalIsLeftAlone) {
    const UniqueFd editor = open_vt(home);
    termios line{};
    ASSERT_EQ(::tcgetattr(editor.get(), &line), 0);
    const termios old = line;
    ::cfmakeraw(&line);
    ASSERT_EQ(::tcsetattr(editor.get(), TCSANOW, &line), 0);
    EXPECT_TRUE(restore(request).verified);
    EXPECT_FALSE(state_of(home).cooked);
    ASSERT_EQ(::tcsetattr(editor.get(), TCSANOW, &old), 0);
}

TEST_F(TtyRestoreTest, TheSavedKeyboardModeComesBack) {
    const UniqueFd holder = open_vt(desktop);
    ASSERT_EQ(::ioctl(holder.get(), KDSKBMODE, K_RAW), 0);
    ASSERT_TRUE(restore({desktop, home, K_XLATE, false}).verified);
    EXPECT_EQ(state_of(desktop).keyboard, K_XLATE);
}

TEST_F(TtyRestoreTest, RestoringAHealthyTerminalChangesNothingHoweverOften) {
    for (int i = 0; i < 20; ++i) {
        const Report report = restore(request_with_hangup);
        expect_restored(report);
        EXPECT_EQ(found_on(report, desktop), 0U);
        EXPECT_EQ(found_on(report, home), 0U);
    }
}

TEST_F(TtyRestoreTest, OneTerminalMayBeDesktopAndHome) {
    Owner owner{[] { return take_as_a_desktop(desktop); }};
    ASSERT_TRUE(owner.ready());
    owner.kill_and_reap();
    const Report report = restore({desktop, desktop, K_UNICODE, true});
    EXPECT_TRUE(report.verified);
    EXPECT_EQ(report.count, 1U);
    EXPECT_EQ(report.ttys[0].done & did_hangup, 0U) << "the person's own terminal was hung up";
    EXPECT_EQ(visible_vt(), desktop);
    EXPECT_EQ(state_of(desktop), healthy());
}

TEST_F(TtyRestoreTest, WhatCannotBeVerifiedIsSaidAndTakesBoundedTime) {
    const Report report = restore({desktop, 9999, K_UNICODE, false});
    EXPECT_FALSE(report.verified);
    EXPECT_GE(report.rounds, 2U);
    EXPECT_LT(report.took_us, 3'000'000);
    bool node_named = false;
    for (std::size_t i = 0; i < report.count; ++i) {
        node_named = node_named || (report.ttys[i].vt == 9999 && (report.ttys[i].remaining & wrong_node) != 0);
    }
    EXPECT_TRUE(node_named);
}

TEST_F(TtyRestoreTest, NoDescriptorIsLeftOpen) {
    const auto lowest_free = [] {
        const UniqueFd probe{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
        return probe.get();
    };
    const int before_restore = lowest_free();
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(restore(request_with_hangup).verified);
    }
    EXPECT_EQ(lowest_free(), before_restore);
}

TEST_F(TtyRestoreTest, AThousandSwitchesDoNotUpsetIt) {
    const Owner switcher{[] {
        const UniqueFd console = open_vt(0);
        for (int i = 0; i < 1000; ++i) {
            ::ioctl(console.get(), VT_ACTIVATE, i % 2 == 0 ? desktop : third);
        }
        return true;
    }};
    ASSERT_TRUE(switcher.ready());
    expect_restored(restore(request));
}

/// While this lives, the kernel's worker that switches terminals gets no time on this thread's CPU: what was asked for
/// by VT_ACTIVATE is not made yet (drivers/tty/vt/vt.c, set_console: schedule_work on the caller's CPU).
class NoTimeForTheKernelsWorker {
  public:
    NoTimeForTheKernelsWorker() {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(static_cast<std::size_t>(::sched_getcpu()), &one);
        const sched_param real_time{1};
        holds_ = ::sched_getaffinity(0, sizeof before_, &before_) == 0 &&
                 ::sched_setaffinity(0, sizeof one, &one) == 0 && ::sched_setscheduler(0, SCHED_FIFO, &real_time) == 0;
    }

    NoTimeForTheKernelsWorker(const NoTimeForTheKernelsWorker&) = delete;
    NoTimeForTheKernelsWorker& operator=(const NoTimeForTheKernelsWorker&) = delete;

    ~NoTimeForTheKernelsWorker() {
        const sched_param usual{};
        ::sched_setscheduler(0, SCHED_OTHER, &usual);
        ::sched_setaffinity(0, sizeof before_, &before_);
    }

    [[nodiscard]] bool holds() const { return holds_; }

  private:
    cpu_set_t before_{};
    bool holds_{false};
};

TEST_F(TtyRestoreTest, ASwitchThatTheKernelWasAskedForAndHasNotMadeYetIsCalledOff) {
    const UniqueFd console = open_vt(0);
    const UniqueFd switches{::open("/sys/class/tty/tty0/active", O_RDONLY | O_CLOEXEC)};
    char name[16];
    ASSERT_GT(::pread(switches.get(), name, sizeof name, 0), 0); // from now on POLLPRI tells of switches
    Report report;
    {
        const NoTimeForTheKernelsWorker meanwhile;
        if (!meanwhile.holds()) {
            GTEST_SKIP() << "no SCHED_FIFO here: the kernel's worker cannot be kept waiting";
        }
        ASSERT_EQ(::ioctl(console.get(), VT_ACTIVATE, third), 0);
        ASSERT_EQ(visible_vt(), home) << "the kernel was quicker: the test tests nothing";
        report = restore(request);
    }
    pollfd switched{switches.get(), POLLPRI, 0};
    EXPECT_EQ(::poll(&switched, 1, 200), 0) << "terminal " << visible_vt() << " came after the restore";
    expect_restored(report);
}

TEST_F(TtyRestoreTest, TheGuessIsTheVisibleTerminal) {
    Request guessed;
    ASSERT_TRUE(guess(guessed));
    EXPECT_EQ(guessed.vt, home);
    EXPECT_EQ(guessed.home, home);
}

TEST_F(TtyRestoreTest, TheGuessGoesHomeToTerminal1WhenTheVisibleOneIsInGraphics) {
    const Owner owner{[] { return take_as_a_desktop(desktop); }};
    ASSERT_TRUE(owner.ready());
    Request guessed;
    ASSERT_TRUE(guess(guessed));
    EXPECT_EQ(guessed.vt, desktop);
    EXPECT_EQ(guessed.home, 1U);
}

TEST(RestoreReportJsonTest, SaysEachBitInWords) {
    Report report;
    report.verified = false;
    report.count = 2;
    report.rounds = 5;
    report.took_us = 1234;
    report.mended_at_us = 98765;
    report.ttys[0] = {7, wrong_graphics | wrong_keyboard, did_text | did_keyboard, 0};
    report.ttys[1] = {1, wrong_active, did_activate, wrong_active};
    std::vector<char> buffer(4096);
    const std::size_t length = print_json(report, buffer.data(), buffer.size());
    EXPECT_EQ(std::string(buffer.data(), length),
              R"({"verified":false,"found":["tty7: KD_GRAPHICS","tty7: keyboard off","tty1: not visible"],)"
              R"("done":["tty7: KD_TEXT","tty7: KDSKBMODE","tty1: VT_ACTIVATE"],"remaining":["tty1: not visible"],)"
              R"("rounds":5,"took_us":1234,"mended_at_us":98765})");
}

TEST(RestoreReportJsonTest, TheFullestReportFitsAndASmallBufferIsNeverOverrun) {
    Report report;
    report.count = Report::most_ttys;
    for (auto& tty : report.ttys) {
        tty = {63, last_wrong * 2 - 1, last_deed * 2 - 1, last_wrong * 2 - 1};
    }
    std::vector<char> buffer(4096, '#');
    const std::size_t length = print_json(report, buffer.data(), buffer.size());
    EXPECT_EQ(buffer[length - 1], '}');
    EXPECT_LT(length, 4095U);
    for (std::size_t size = 1; size < 200; ++size) {
        std::vector<char> small(size + 1, '#');
        EXPECT_LT(print_json(report, small.data(), size), size);
        EXPECT_EQ(small[size], '#');
    }
}

TEST(RestoreReportJsonTest, EveryBitHasAWord) {
    for (std::uint32_t bit = 1; bit <= last_wrong; bit <<= 1U) {
        EXPECT_STRNE(word_for(static_cast<Wrong>(bit)), "");
    }
    for (std::uint32_t bit = 1; bit <= last_deed; bit <<= 1U) {
        EXPECT_STRNE(word_for(static_cast<Deed>(bit)), "");
    }
    EXPECT_STREQ(word_for(static_cast<Wrong>(3U)), "");
}

} // namespace
} // namespace berth::guard
