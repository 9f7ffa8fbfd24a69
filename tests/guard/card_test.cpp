#include "guard/card_client.hpp"
#include "guard/control_group.hpp"
#include "guard/tty_restore.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fcntl.h>

namespace berth::guard {
namespace {

using test::Compositor;
using test::healthy;
using test::state_of;
using test::switch_to;
using test::visible_vt;

/// A restore against whoever draws on a real card: where text is drawn by the frame buffer console, which draws on the
/// same card.
class CardTest : public test::VtTest {
  protected:
    void SetUp() override {
        VtTest::SetUp();
        if (IsSkipped()) {
            return;
        }
        if (!card.there() || !(output = card.output())) {
            GTEST_SKIP() << "no graphics card with a screen here: " << test::first_card;
        }
        card.drop_master();
        console = card.shown(*output);
        if (console == 0) {
            GTEST_SKIP() << "the card does not show the text console here: its kernel has no frame buffer console";
        }
        ASSERT_FALSE(group.path().empty());
        directory = UniqueFd{::open(group.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        ASSERT_TRUE(directory);
    }

    [[nodiscard]] Request request() const {
        return {.vt = desktop, .home = home, .keyboard = K_UNICODE, .hangup = true, .cgroup = directory.get()};
    }

    /// The terminals are a person's again, and the screen shows the console again.
    void expect_text_on_the_screen(const Report& report) const {
        EXPECT_TRUE(report.verified);
        EXPECT_EQ(visible_vt(), home);
        EXPECT_EQ(state_of(desktop), healthy());
        EXPECT_EQ(card.shown(*output), console);
    }

    test::Card card;
    std::optional<test::CardOutput> output;
    std::uint32_t console{0};
    test::ControlGroup group;
    UniqueFd directory;
};

TEST_F(CardTest, AStoppedDesktopLosesTheScreenAndDoesNotGetItBackWhenItGoesOn) {
    const Compositor compositor{desktop, true};
    ASSERT_TRUE(compositor.process().ready());
    ASSERT_TRUE(group.take(compositor.process().pid()));
    ASSERT_EQ(compositor.draws_again(), 10);
    ASSERT_NE(card.shown(*output), console);
    compositor.process().stop();
    const Report report = restore(request());
    expect_text_on_the_screen(report);
    EXPECT_NE(report.ttys[0].done & did_masters, 0U);
    compositor.process().go_on();
    EXPECT_EQ(compositor.draws_again(), 0);
    expect_text_on_the_screen(restore(request()));
    std::printf("the screen of a stopped desktop was given back in %lld us\n", static_cast<long long>(report.took_us));
}

TEST_F(CardTest, WhoDrawsWithoutTakingItsTerminalLosesTheScreen) {
    const Compositor compositor{desktop, false};
    ASSERT_TRUE(compositor.process().ready());
    ASSERT_TRUE(group.take(compositor.process().pid()));
    ASSERT_EQ(state_of(desktop), healthy()) << "the terminal says that nothing is wrong";
    ASSERT_NE(card.shown(*output), console);
    expect_text_on_the_screen(restore(request()));
    EXPECT_EQ(compositor.draws_again(), 0);
    EXPECT_EQ(card.shown(*output), console);
}

TEST_F(CardTest, ADeadOneOfTheseLeavesTheConsoleOnTheScreenThoughAnotherHasTheCardOpen) {
    for (const bool takes_terminal : {false, true}) {
        SCOPED_TRACE(takes_terminal);
        Compositor compositor{desktop, takes_terminal};
        ASSERT_TRUE(compositor.process().ready());
        ASSERT_TRUE(group.take(compositor.process().pid()));
        compositor.kill_and_reap();
        expect_text_on_the_screen(restore(request())); // `card` is open: the kernel sees no last close
    }
}

} // namespace
} // namespace berth::guard
