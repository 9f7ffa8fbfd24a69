#include "guard/chvt.hpp"
#include "guard/guard_process.hpp"
#include "guard/switching.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>

/// Desktops that hang, on the machine's real terminals.
namespace berth::guard {
namespace {

using std::chrono::milliseconds;
using test::Chvt;
using test::eventually;
using test::GuardCaller;
using test::GuardProcess;
using test::open_vt;
using test::Owner;
using test::seen_vt;
using test::state_of;
using test::switch_to;
using test::take_as_a_desktop;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class SwitchingTest : public test::GuardTest {
  protected:
    /// What a desktop does when the kernel asks it to let go.
    enum class Manners : unsigned char { lets_go, takes_the_signal };

    void take_terminal(Manners manners) {
        owner = std::make_unique<Owner>([manners] {
            if (manners == Manners::lets_go) {
                return test::take_as_a_desktop_that_lets_go(desktop);
            }
            ::signal(SIGUSR1, [](int) {});
            return take_as_a_desktop(desktop);
        });
        ASSERT_TRUE(owner->ready());
    }

    void start_desktop(Manners manners) {
        take_terminal(manners);
        put_lease(test::text_of(lease_for(*owner)));
        guard = std::make_unique<GuardProcess>(folder.path());
    }

    void TearDown() override {
        guard.reset(); // before the desktop dies: else it would give back the terminals that are put in order here
        owner.reset();
        GuardTest::TearDown();
    }

    [[nodiscard]] std::string status() const { return GuardCaller{folder.path()}.ask("status"); }

    /// The guard has looked at whatever opened the console.
    [[nodiscard]] bool nobody_waits() const {
        return eventually([&] { return status().find(R"("wish":"none")") != std::string::npos; });
    }

    /// It lives, and its terminal is as it left it.
    void expect_unharmed() const {
        EXPECT_THAT(status(), AllOf(HasSubstr(R"("desktop":"alive")"), HasSubstr(R"("restored":false)")));
        const test::VtState state = state_of(desktop);
        EXPECT_TRUE(state.graphics);
        EXPECT_TRUE(state.process);
    }

    std::unique_ptr<Owner> owner;
    std::unique_ptr<GuardProcess> guard;
};

TEST_F(SwitchingTest, AHungDesktopIsLeftOnAWishAndNotEnded) {
    start_desktop(Manners::lets_go);
    ASSERT_TRUE(guard->ready());
    owner->stop();
    const auto took = Chvt{home}.until_seen(home);
    ASSERT_TRUE(took.has_value()) << guard->log();
    expect_unharmed();
    EXPECT_THAT(guard->log(), HasSubstr("<4>seat0: the desktop does not hear, and the switch"));
    std::printf("left %d ms after the wish\n", static_cast<int>(took->count()));
}

TEST_F(SwitchingTest, OneThatRecoversHasTheScreenAgain) {
    start_desktop(Manners::lets_go);
    ASSERT_TRUE(guard->ready());
    owner->stop();
    ASSERT_TRUE(Chvt{home}.until_seen(home).has_value());
    EXPECT_TRUE(eventually([&] { return status().find(R"("wish":"left")") != std::string::npos; }));
    owner->go_on(); // it takes the signal now, and lets go of what it has not got
    EXPECT_TRUE(eventually([] { return seen_vt() == desktop; }));
    EXPECT_TRUE(nobody_waits());
    expect_unharmed();
    EXPECT_THAT(guard->log(), HasSubstr("<4>seat0: the desktop runs again"));
    EXPECT_TRUE(Chvt{home}.until_seen(home).has_value()) << "it lets go as before";
}

TEST_F(SwitchingTest, OneThatRecoversWhileAnotherDrawsStaysInTheBack) {
    start_desktop(Manners::lets_go);
    ASSERT_TRUE(guard->ready());
    owner->stop();
    ASSERT_TRUE(Chvt{third}.until_seen(third).has_value());
    const Owner other{[] { return take_as_a_desktop(third); }};
    ASSERT_TRUE(other.ready());
    owner->go_on();
    EXPECT_TRUE(nobody_waits());
    EXPECT_EQ(seen_vt(), third) << "another session lost the screen";
    expect_unharmed();
}

TEST_F(SwitchingTest, OneThatIsGoneBackToWhileItHangsIsNotLeftUntilSomebodyAsks) {
    start_desktop(Manners::lets_go);
    ASSERT_TRUE(guard->ready());
    owner->stop();
    ASSERT_TRUE(Chvt{home}.until_seen(home).has_value());
    ASSERT_TRUE(Chvt{desktop}.until_seen(desktop).has_value());
    EXPECT_TRUE(nobody_waits());
    EXPECT_EQ(seen_vt(), desktop);
    EXPECT_TRUE(Chvt{home}.until_seen(home).has_value());
    expect_unharmed();
}

TEST_F(SwitchingTest, ItIsLeftWithoutBerthdAndAsOftenAsItHangs) {
    start_desktop(Manners::lets_go);
    ASSERT_TRUE(guard->ready());
    for (int i = 0; i < 3; ++i) {
        owner->stop();
        ASSERT_TRUE(Chvt{third}.until_seen(third).has_value()) << i;
        owner->go_on();
        ASSERT_TRUE(eventually([] { return seen_vt() == desktop; })) << i;
        ASSERT_TRUE(nobody_waits());
    }
    expect_unharmed();
}

TEST_F(SwitchingTest, AnOwnerThatHasTakenTheSignalHasTimeToLetGo) {
    start_desktop(Manners::takes_the_signal);
    ASSERT_TRUE(guard->ready());
    const auto took = Chvt{home}.until_seen(home);
    ASSERT_TRUE(took.has_value()) << guard->log();
    EXPECT_GE(*took, milliseconds{taken_limit_us / 1'000});
    EXPECT_LE(*took, milliseconds{taken_limit_us / 1'000 + 1'000});
    expect_unharmed();
    EXPECT_THAT(guard->log(), HasSubstr("the desktop does not let its terminal go"));
}

TEST_F(SwitchingTest, ADesktopThatLetsGoIsLeftAlone) {
    start_desktop(Manners::lets_go);
    ASSERT_TRUE(guard->ready());
    EXPECT_TRUE(Chvt{home}.until_seen(home).has_value());
    EXPECT_TRUE(nobody_waits());
    expect_unharmed();
    EXPECT_THAT(guard->log(), Not(HasSubstr("in its stead")));
}

TEST_F(SwitchingTest, AConsoleThatIsOpenedForSomethingElseMovesNothing) {
    start_desktop(Manners::takes_the_signal);
    ASSERT_TRUE(guard->ready());
    owner->stop();
    EXPECT_TRUE(open_vt(0));
    EXPECT_TRUE(eventually([&] { return status().find(R"("wish":"taken")") != std::string::npos; }));
    EXPECT_TRUE(nobody_waits());
    EXPECT_EQ(seen_vt(), desktop);
    expect_unharmed();
    EXPECT_THAT(guard->log(), Not(HasSubstr("in its stead")));
}

TEST_F(SwitchingTest, TheGuardLeavesAHungDesktopWhenItIsTold) {
    start_desktop(Manners::lets_go);
    ASSERT_TRUE(guard->ready());
    owner->stop();
    EXPECT_THAT(GuardCaller{folder.path()}.ask("switch"),
                HasSubstr(R"({"switched":true,"visible":21,"in_stead":true,"forced":false,"masters":0,"took_us":)"));
    EXPECT_EQ(seen_vt(), home);
    expect_unharmed();
}

TEST_F(SwitchingTest, OneThatLetsGoWhenItIsToldIsNotForced) {
    start_desktop(Manners::lets_go);
    ASSERT_TRUE(guard->ready());
    EXPECT_THAT(GuardCaller{folder.path()}.ask("switch"),
                HasSubstr(R"({"switched":true,"visible":21,"in_stead":false,"forced":false)"));
    EXPECT_EQ(seen_vt(), home);
    expect_unharmed();
}

TEST_F(SwitchingTest, ATerminalWhoseSwitchingIsLockedIsLeftByForce) {
    start_desktop(Manners::lets_go);
    ASSERT_TRUE(guard->ready());
    owner->stop();
    ASSERT_EQ(::ioctl(open_vt(desktop).get(), VT_LOCKSWITCH, 0), 0);
    EXPECT_THAT(GuardCaller{folder.path()}.ask("switch"),
                HasSubstr(R"({"switched":true,"visible":21,"in_stead":true,"forced":true)"));
    EXPECT_EQ(seen_vt(), home);
    EXPECT_EQ(state_of(desktop), test::healthy()) << "a text terminal without keys would keep the person";
}

TEST_F(SwitchingTest, WithoutALoanThereIsNothingToLeave) {
    put_lease(test::text_of(Lease{}));
    guard = std::make_unique<GuardProcess>(folder.path());
    EXPECT_EQ(GuardCaller{folder.path()}.ask("switch"), R"({"error":"no terminal is lent to a desktop"})");
}

TEST_F(SwitchingTest, ASignIsAnOpenConsoleAndNotTheDesktopsOwnTerminal) {
    SwitchSigns signs;
    EXPECT_FALSE(signs.take());
    signs.open();
    ASSERT_GE(signs.fd(), 0);
    EXPECT_FALSE(signs.take());
    EXPECT_TRUE(open_vt(desktop));
    EXPECT_FALSE(signs.take()) << "the guard would wake itself";
    EXPECT_TRUE(open_vt(0));
    EXPECT_TRUE(signs.take());
    EXPECT_FALSE(signs.take());
}

TEST_F(SwitchingTest, ALookSeesWhetherTheDesktopHasTheScreenAndItsSignalUnread) {
    take_terminal(Manners::lets_go);
    const auto look = [&] { return guard::look_at_owner({desktop, home, -1, owner->pid()}); };
    EXPECT_TRUE(look().process && look().has_screen && !look().unread);
    owner->stop();
    EXPECT_FALSE(look().unread) << "nobody has asked it";
    const Chvt asked{home};
    EXPECT_TRUE(eventually([&] { return look().unread; }));
    owner->go_on();
    EXPECT_TRUE(asked.until_seen(home).has_value());
    EXPECT_FALSE(look().has_screen || look().unread);
    EXPECT_FALSE(guard::look_at_owner({home, desktop, -1, owner->pid()}).process) << "it needs nobody's consent";
}

TEST(DepartureTest, IsOneLineOfJson) {
    std::array<char, 200> line{};
    const std::size_t length = print_departure({true, true, true, false, 3, 2, 305}, line.data(), line.size());
    EXPECT_EQ(std::string(line.data(), length),
              R"({"switched":true,"visible":3,"in_stead":true,"forced":false,"masters":2,"took_us":305})");
    EXPECT_EQ(print_departure({}, line.data(), 20), 0U) << "half a line is none";
}

} // namespace
} // namespace berth::guard
