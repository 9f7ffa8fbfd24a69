#include "runtime/pump.hpp"
#include "support/fake_ports.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace berth::runtime {
namespace {

using namespace model;

struct PumpTest : testing::Test {
    boost::asio::io_context io;
    test::FakeClock clock;
    test::FakeRecorder recorder;
    std::vector<Effect> dispatched;
    std::function<void(const std::vector<Effect>&)> on_dispatch;
    Pump pump{io, clock, recorder, [this](const std::vector<Effect>& effects, const World& world) {
                  dispatched.insert(dispatched.end(), effects.begin(), effects.end());
                  worlds.push_back(world);
                  if (on_dispatch) {
                      on_dispatch(effects);
                  }
              }};
    std::vector<World> worlds;

    void turn() {
        io.restart();
        io.run();
    }
};

TEST_F(PumpTest, PostingDecidesNothingUntilTheLoopTurns) {
    pump.post(Configured{{SeatName{"seat0"}}, {}});
    EXPECT_TRUE(dispatched.empty());
    EXPECT_TRUE(pump.world().seats.empty());
    turn();
    EXPECT_FALSE(dispatched.empty());
    EXPECT_EQ(pump.world().seats.size(), 1U);
}

TEST_F(PumpTest, EventsAreStampedWhenTheyArePosted) {
    clock.time = 42;
    pump.post(ShutdownRequested{});
    clock.time = 99;
    turn();
    ASSERT_EQ(recorder.events.size(), 1U);
    EXPECT_EQ(recorder.events[0].at, 42);
}

TEST_F(PumpTest, AnEventPostedByAnEffectWaitsUntilTheWholeDecisionIsDispatched) {
    on_dispatch = [this](const std::vector<Effect>&) {
        if (recorder.events.size() == 1) {
            pump.post(LeftoversFound{});
            EXPECT_EQ(recorder.events.size(), 1U) << "nothing may be decided inside post";
        }
    };
    pump.post(Configured{{SeatName{"seat0"}}, {}});
    turn();
    ASSERT_EQ(recorder.events.size(), 2U);
    EXPECT_EQ(pump.world().seats.at(SeatName{"seat0"}).state, SeatState::vacant);
}

TEST_F(PumpTest, TheDispatchedWorldIsTheCommittedOne) {
    pump.post(Configured{{SeatName{"seat0"}}, {}});
    turn();
    ASSERT_EQ(worlds.size(), 1U);
    EXPECT_EQ(worlds[0], pump.world());
}

TEST_F(PumpTest, EveryDecisionIsRecordedWithItsEffects) {
    pump.post(Configured{{SeatName{"seat0"}}, {}});
    pump.post(LeftoversFound{});
    turn();
    ASSERT_EQ(recorder.effect_lists.size(), 2U);
    std::vector<Effect> recorded = recorder.effect_lists[0];
    recorded.insert(recorded.end(), recorder.effect_lists[1].begin(), recorder.effect_lists[1].end());
    EXPECT_EQ(recorded, dispatched);
}

TEST_F(PumpTest, ItGoesOnAfterItWasIdle) {
    pump.post(Configured{{SeatName{"seat0"}}, {}});
    turn();
    pump.post(LeftoversFound{});
    turn();
    EXPECT_EQ(recorder.events.size(), 2U);
}

} // namespace
} // namespace berth::runtime
