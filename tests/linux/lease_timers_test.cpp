#include "linux/lease_timers.hpp"
#include "support/io_test.hpp"

#include <ctime>
#include <string>
#include <vector>

namespace berth::os {
namespace {

constexpr model::Microseconds an_hour = 3'600'000'000;
const model::ClientId one{"one"};
const model::ClientId two{"two"};

class LeaseTimersTest : public test::IoTest {
  protected:
    void arm(const model::ClientId& client, model::Microseconds at) {
        timers.arm(client, at, [this, client](model::Microseconds now) {
            fired.push_back(client.value);
            told = now;
        });
    }

    LeaseTimers timers{io};
    std::vector<std::string> fired;
    model::Microseconds told{0};
};

TEST_F(LeaseTimersTest, FireInTheOrderOfTheirTimesWithTheTimeThatItIs) {
    const model::Microseconds now = boot_time();
    arm(one, now + 60'000);
    arm(two, now + 20'000);
    ASSERT_TRUE(run_until([&] { return fired.size() == 2; }));
    EXPECT_EQ(fired, (std::vector<std::string>{"two", "one"}));
    EXPECT_GE(told, now + 60'000);
    EXPECT_LE(told, boot_time());
}

TEST_F(LeaseTimersTest, OneWhoseTimeHasPassedFiresSoonAndNotFromInside) {
    arm(one, boot_time() - an_hour);
    arm(two, 0);
    EXPECT_TRUE(fired.empty());
    EXPECT_TRUE(run_until([&] { return fired.size() == 2; }));
}

TEST_F(LeaseTimersTest, OneThatIsClearedOrSetAnewDoesNotFireAsItWas) {
    arm(one, boot_time() - 1);
    arm(two, boot_time() - 1);
    timers.clear(one);
    arm(two, boot_time() + an_hour);
    run_ready();
    EXPECT_TRUE(fired.empty());
    arm(two, boot_time());
    EXPECT_TRUE(run_until([&] { return fired == std::vector<std::string>{"two"}; }));
    timers.clear(model::ClientId{"nobody"});
}

TEST_F(LeaseTimersTest, OneMayBeSetAgainOrClearAnotherWhenItFires) {
    timers.arm(one, boot_time(), [this](model::Microseconds) {
        timers.clear(two);
        arm(one, boot_time());
    });
    arm(two, boot_time());
    ASSERT_TRUE(run_until([&] { return !fired.empty(); }));
    EXPECT_EQ(fired, (std::vector<std::string>{"one"}));
}

TEST_F(LeaseTimersTest, TheClockGoesOnWhileTheHostSleeps) {
    timespec boot{};
    ASSERT_EQ(::clock_gettime(CLOCK_BOOTTIME, &boot), 0);
    EXPECT_NEAR(static_cast<double>(boot_time()) / 1e6, static_cast<double>(boot.tv_sec), 2.0);
}

} // namespace
} // namespace berth::os
