#include "login1/call_limits.hpp"

#include <gtest/gtest.h>

namespace berth::login1 {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const CallRate::Time start{seconds{100}};
const Limits limits{.calls_a_second = 10, .burst = 20};

int admitted(CallRate& rate, CallRate::Time now, int asked) {
    int count = 0;
    for (int i = 0; i < asked; ++i) {
        count += rate.admit(now) ? 1 : 0;
    }
    return count;
}

TEST(CallRateTest, AfterAQuietTimeABurstIsAdmittedAndNoMore) {
    CallRate rate{limits, start};
    EXPECT_EQ(admitted(rate, start, 1000), 20);
    EXPECT_EQ(admitted(rate, start + seconds{3600}, 1000), 20);
}

TEST(CallRateTest, ThenAsManyAsTimeHasPassed) {
    CallRate rate{limits, start};
    admitted(rate, start, 1000);
    EXPECT_EQ(admitted(rate, start + milliseconds{50}, 10), 0);
    EXPECT_EQ(admitted(rate, start + milliseconds{1050}, 1000), 10);
    EXPECT_EQ(admitted(rate, start + milliseconds{1050}, 1000), 0);
}

TEST(CallRateTest, AFloodInSmallStepsGetsNoMoreThanTheAverage) {
    CallRate rate{limits, start};
    admitted(rate, start, 1000);
    int count = 0;
    for (int step = 1; step <= 10000; ++step) {
        count += admitted(rate, start + milliseconds{step}, 3);
    }
    EXPECT_NEAR(count, 100, 1);
}

TEST(CallRateTest, AClockThatGoesBackGivesNothing) {
    CallRate rate{limits, start};
    admitted(rate, start, 1000);
    EXPECT_EQ(admitted(rate, start - seconds{10}, 10), 0);
    EXPECT_EQ(admitted(rate, start, 10), 0) << "the time from back there to here was counted already";
}

} // namespace
} // namespace berth::login1
