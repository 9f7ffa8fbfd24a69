#include "linux/clock.hpp"
#include "linux/timers.hpp"
#include "support/io_test.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace berth::os {
namespace {

using model::SeatName;
using std::chrono::milliseconds;

const SeatName seat0{"seat0"};
const SeatName seat1{"seat1"};

class TimersTest : public test::IoTest {};

TEST_F(TimersTest, ATimerFiresOnceAndNotBeforeItsTime) {
    Timers timers{io};
    const MonotonicClock clock;
    int fired = 0;
    const auto start = clock.now();
    timers.arm(seat0, milliseconds{20}, [&] { ++fired; });
    ASSERT_TRUE(run_until([&] { return fired != 0; }));
    EXPECT_GE(clock.now() - start, 20'000);
    run_ready();
    EXPECT_EQ(fired, 1);
}

TEST_F(TimersTest, ArmingNeverCallsBackFromInsideTheCall) {
    Timers timers{io};
    bool fired = false;
    timers.arm(seat0, milliseconds{0}, [&] { fired = true; });
    EXPECT_FALSE(fired);
    EXPECT_TRUE(run_until([&] { return fired; }));
}

TEST_F(TimersTest, ATimerThatIsArmedAgainFiresOnlyTheSecondTime) {
    Timers timers{io};
    std::string order;
    timers.arm(seat0, milliseconds{1}, [&] { order += "first"; });
    timers.arm(seat0, milliseconds{5}, [&] { order += "second"; });
    ASSERT_TRUE(run_until([&] { return !order.empty(); }));
    run_ready();
    EXPECT_EQ(order, "second");
}

TEST_F(TimersTest, ATimerThatExpiredBeforeItWasClearedStaysSilent) {
    Timers timers{io};
    bool late = false;
    // seat1's callback runs first, when seat0's handler is already queued.
    timers.arm(seat1, milliseconds{0}, [&] { timers.clear(seat0); });
    timers.arm(seat0, milliseconds{0}, [&] { late = true; });
    bool end = false;
    timers.arm(SeatName{"seat2"}, milliseconds{10}, [&] { end = true; });
    ASSERT_TRUE(run_until([&] { return end; }));
    EXPECT_FALSE(late);
}

TEST_F(TimersTest, EachSeatHasATimerOfItsOwn) {
    Timers timers{io};
    std::string order;
    timers.arm(seat0, std::chrono::hours{1}, [&] { order += "never"; });
    timers.arm(seat1, milliseconds{1}, [&] { order += "1"; });
    ASSERT_TRUE(run_until([&] { return !order.empty(); }));
    timers.arm(seat0, milliseconds{1}, [&] { order += "0"; });
    ASSERT_TRUE(run_until([&] { return order.size() == 2; }));
    EXPECT_EQ(order, "10");
}

TEST_F(TimersTest, ACallbackMayArmItsOwnSeatAgain) {
    Timers timers{io};
    int fired = 0;
    timers.arm(seat0, milliseconds{1}, [&] {
        ++fired;
        timers.arm(seat0, milliseconds{1}, [&] { ++fired; });
    });
    EXPECT_TRUE(run_until([&] { return fired == 2; }));
}

TEST_F(TimersTest, NothingFiresAfterDestruction) {
    bool fired = false;
    {
        Timers timers{io};
        timers.arm(seat0, milliseconds{0}, [&] { fired = true; });
    }
    run_ready();
    EXPECT_FALSE(fired);
}

TEST(MonotonicClockTest, NeverGoesBack) {
    const MonotonicClock clock;
    auto last = clock.now();
    for (int i = 0; i < 1000; ++i) {
        const auto now = clock.now();
        ASSERT_GE(now, last);
        last = now;
    }
    EXPECT_GT(last, 0);
}

} // namespace
} // namespace berth::os
