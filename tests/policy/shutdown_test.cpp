#include "support/script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace berth;
using namespace berth::model;
using berth::test::job_in;
using berth::test::refusal_in;
using berth::test::Script;
using berth::test::seat0;
using berth::test::seat1;

TEST(Shutdown, WithEverySeatVacantEndsAtOnce) {
    Script script{{seat0, seat1}};
    script.happens(ShutdownRequested{});
    EXPECT_TRUE(script.exited());
}

TEST(Shutdown, AtEveryStepOfABringUpTakesDownWhatIsThereAndEnds) {
    for (const Step step : {Step::check_image, Step::claim_vt, Step::open_door, Step::create, Step::check_systemd,
                            Step::start, Step::await_session, Step::probe_shell}) {
        Script script;
        script.up(SeatMode::vt);
        ASSERT_TRUE(script.runs_to(step));
        script.happens(ShutdownRequested{});
        EXPECT_FALSE(script.exited());
        script.runs_to_rest();
        EXPECT_TRUE(script.exited()) << "step " << static_cast<int>(step);
        EXPECT_EQ(script.seat().state, SeatState::vacant);
        EXPECT_TRUE(script.world().jobs.empty());
    }
}

TEST(Shutdown, OfASeatedDesktopTakesItDown) {
    Script script;
    script.becomes_seated(SeatMode::vt);
    script.happens(ShutdownRequested{});
    script.runs_to_rest();
    EXPECT_TRUE(script.exited());
}

TEST(Shutdown, OfAFrozenDesktopUnpausesItFirst) {
    Script script;
    script.becomes_seated();
    script.call(FreezeRequest{seat0});
    script.runs_to_rest();
    script.forgets();
    script.happens(ShutdownRequested{});
    script.runs_to_rest();
    EXPECT_EQ(script.steps().front(), Step::unpause);
    EXPECT_TRUE(script.exited());
}

TEST(Shutdown, DuringATearDownLetsItFinish) {
    Script script;
    script.becomes_seated();
    script.call(DownRequest{seat0, false});
    script.happens(ShutdownRequested{});
    EXPECT_TRUE(script.effects().empty());
    script.runs_to_rest();
    EXPECT_TRUE(script.exited());
}

TEST(Shutdown, DuringAReseatDoesNotBringUpAgain) {
    Script script;
    script.becomes_seated();
    script.call(ReseatRequest{seat0, "test"});
    script.happens(ShutdownRequested{});
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    EXPECT_TRUE(script.exited());
}

TEST(Shutdown, OfAHeldSeatEndsAtOnce) {
    Script script{test::WorldBuilder{}.seat(seat0).in(SeatState::held).build()};
    script.happens(ShutdownRequested{});
    EXPECT_TRUE(script.exited());
    EXPECT_EQ(script.seat().state, SeatState::held);
}

TEST(Shutdown, BeforeTheLeftoversAreKnownWaitsForThem) {
    World fresh;
    Script script{fresh};
    script.happens(Configured{{seat0}, test::a_host()});
    script.happens(ShutdownRequested{});
    EXPECT_FALSE(script.exited());
    script.happens(LeftoversFound{});
    EXPECT_TRUE(script.exited());
}

TEST(Shutdown, WithOneSeatStillUpWaitsForIt) {
    Script script{{seat0, seat1}};
    script.becomes_seated();
    script.happens(ShutdownRequested{});
    EXPECT_FALSE(script.exited());
    script.runs_to_rest();
    EXPECT_TRUE(script.exited());
}

TEST(Shutdown, AnswersTheCallsThatWaitForTheAuthorityOrAProfile) {
    Script script;
    const CallToken asked = script.call(DownRequest{seat0, false}, 1000);
    const CallToken reading = script.call(UpRequest{seat0, "gnome", {}, {}});
    script.happens(ShutdownRequested{});
    EXPECT_EQ(refusal_in(script.reply_to(asked)).value_or(Refused{}).refusal, Refusal::shutting_down);
    EXPECT_EQ(refusal_in(script.reply_to(reading)).value_or(Refused{}).refusal, Refusal::shutting_down);
    EXPECT_TRUE(script.world().calls.empty());
    script.happens(ProfileRead{reading, test::a_profile(), {}});
    EXPECT_EQ(script.seat().state, SeatState::vacant);
}

TEST(Shutdown, RefusesNewCalls) {
    Script script{test::WorldBuilder{}.seat(seat0).shutting_down().build()};
    const CallToken token = script.call(UpRequest{seat0, "gnome", {}, {}});
    EXPECT_EQ(refusal_in(script.reply_to(token)).value_or(Refused{}).refusal, Refusal::shutting_down);
}

TEST(Shutdown, OfBerthdAloneLeavesADesktopThatCanDoWithoutIt) {
    for (const SeatMode mode : {SeatMode::logind, SeatMode::vt, SeatMode::headless}) {
        Script script;
        script.becomes_seated(mode);
        const Seat before = script.seat();
        script.forgets();
        script.happens(ShutdownRequested{true});
        EXPECT_TRUE(script.exited());
        EXPECT_TRUE(script.steps().empty());
        EXPECT_EQ(script.seat(), before);
    }
}

TEST(Shutdown, OfBerthdAloneEndsABringUpAndWaitsForThatAlone) {
    Script script{{seat0, seat1}};
    script.becomes_seated(SeatMode::logind);
    script.plays_on(seat1);
    script.up(SeatMode::headless, seat1);
    ASSERT_TRUE(script.runs_to(Step::await_session));
    script.happens(ShutdownRequested{true});
    EXPECT_FALSE(script.exited());
    script.runs_to_rest();
    EXPECT_TRUE(script.exited());
    EXPECT_EQ(script.seat(seat0).state, SeatState::seated);
    EXPECT_EQ(script.seat(seat1).state, SeatState::vacant);
}

TEST(Shutdown, OfBerthdAloneCancelsTheJobOfADesktopThatGoesOn) {
    Script script;
    script.becomes_seated();
    const CallToken token = script.call(SnapshotRequest{seat0, "saved"});
    script.happens(ShutdownRequested{true});
    EXPECT_EQ(script.states_of(job_in(script.reply_to(token))).back(), JobState::cancelled);
    EXPECT_TRUE(script.exited());
}

TEST(Shutdown, OfTheHostAfterThatOfBerthdTakesDesktopsDownAfterAll) {
    Script script{{seat0, seat1}};
    script.becomes_seated(SeatMode::logind);
    script.plays_on(seat1);
    script.up(SeatMode::headless, seat1);
    ASSERT_TRUE(script.runs_to(Step::create));
    script.happens(ShutdownRequested{true});
    EXPECT_FALSE(script.exited()) << "seat1's container is being made";
    script.happens(ShutdownRequested{false});
    EXPECT_EQ(script.seat(seat0).state, SeatState::draining);
    script.runs_to_rest();
    script.plays_on(seat0);
    script.runs_to_rest();
    EXPECT_TRUE(script.exited());
    EXPECT_EQ(script.seat(seat0).state, SeatState::vacant);
}
