#include "support/script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace berth;
using namespace berth::model;
using berth::test::job_in;
using berth::test::Script;
using berth::test::seat0;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

namespace {

void is_not_verified(Script& script) {
    script.happens(StepFinished{seat0, script.seat().serial, Step::restore_tty, test::unverified(), {}});
}

/// Lets the restore in flight fail for good. Returns the back-off times in milliseconds.
std::vector<std::int64_t> never_verifies(Script& script) {
    std::vector<std::int64_t> waits;
    while (script.seat().step == Step::restore_tty) {
        is_not_verified(script);
        if (script.seat().retrying) {
            waits.push_back(std::get<ArmTimer>(script.effects().back()).after_ms);
            script.timer_fires();
        }
    }
    return waits;
}

/// A bring-up whose start fails, from vacant to rest.
void fails_to_start(Script& script) {
    script.up();
    ASSERT_TRUE(script.runs_to(Step::start));
    script.fails();
    script.runs_to_rest();
}

} // namespace

TEST(RestoreTty, ThatIsNotVerifiedIsTriedAgainWithGrowingPausesAndThenTheSeatIsHeld) {
    Script script;
    script.becomes_seated(SeatMode::vt);
    script.init_exits();
    EXPECT_THAT(never_verifies(script), ElementsAre(100, 200, 400, 800));
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::held);
    EXPECT_EQ(script.seat().last_failure.value_or(Failure{}).step, Step::restore_tty);
    ASSERT_EQ(script.printed().size(), 1U);
    EXPECT_THAT(script.printed().front(), HasSubstr("could not be verified"));
}

TEST(RestoreTty, ThatIsVerifiedAtASecondTryLeavesTheSeatVacant) {
    Script script;
    script.becomes_seated(SeatMode::vt);
    script.call(DownRequest{seat0, false});
    ASSERT_TRUE(script.runs_to(Step::restore_tty));
    is_not_verified(script);
    EXPECT_TRUE(script.seat().retrying);
    script.timer_fires();
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    EXPECT_FALSE(script.seat().last_failure.has_value());
}

TEST(RestoreTty, ThatHangsIsTriedAgainToo) {
    Script script;
    script.becomes_seated(SeatMode::vt);
    script.init_exits();
    for (int tries = 0; tries < 5; ++tries) {
        ASSERT_EQ(script.seat().step, Step::restore_tty);
        script.timer_fires();
        if (script.seat().retrying) {
            script.timer_fires();
        }
    }
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::held);
}

TEST(RestoreTty, ThatFailsAfterAFailedStartHoldsTheSeatAndNamesBoth) {
    Script script;
    const CallToken token = script.up(SeatMode::vt);
    ASSERT_TRUE(script.runs_to(Step::start));
    script.fails();
    ASSERT_TRUE(script.runs_to(Step::restore_tty));
    never_verifies(script);
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::held) << "an earlier failure must not hide a lost terminal";
    const Failure last = script.seat().last_failure.value_or(Failure{});
    EXPECT_EQ(last.step, Step::restore_tty);
    EXPECT_THAT(last.message, HasSubstr("went wrong"));
    EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::failed);
}

TEST(RestoreTty, ThatFailsAfterADownWhileStartingFailsTheDown) {
    Script script;
    script.up(SeatMode::vt);
    ASSERT_TRUE(script.runs_to(Step::await_session));
    const CallToken down = script.call(DownRequest{seat0, true});
    ASSERT_TRUE(script.runs_to(Step::restore_tty));
    never_verifies(script);
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::held);
    EXPECT_EQ(script.job(job_in(script.reply_to(down)))->state, JobState::failed);
}

TEST(RestoreTty, AskedForOnAVacantSeatRestoresWithoutAClaim) {
    Script script;
    const CallToken token = script.call(RestoreTtyRequest{seat0});
    EXPECT_EQ(script.seat().state, SeatState::restoring);
    EXPECT_THAT(script.steps(), ElementsAre(Step::restore_tty));
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::done);
}

TEST(RestoreTty, AskedForOnAHostWithoutVirtualTerminalsHasNothingToDo) {
    World world = test::WorldBuilder{}.seat(seat0).build();
    world.host = HostFacts{};
    Script script{world};
    const CallToken token = script.call(RestoreTtyRequest{seat0});
    EXPECT_TRUE(script.steps().empty());
    EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::done);
}

TEST(RestoreTty, AskedForOnASeatedDesktopKillsIt) {
    Script script;
    script.becomes_seated(SeatMode::vt);
    script.forgets();
    script.call(RestoreTtyRequest{seat0});
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::kill, Step::restore_tty, Step::remove, Step::close_door));
}

TEST(Held, AfterThreeFailedStartsInAMinuteAndTheReasonIsPrinted) {
    Script script;
    fails_to_start(script);
    script.moves_time(20'000'000);
    fails_to_start(script);
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    script.moves_time(40'000'000);
    fails_to_start(script);
    EXPECT_EQ(script.seat().state, SeatState::held);
    ASSERT_EQ(script.printed().size(), 1U);
    EXPECT_THAT(script.printed().front(), HasSubstr("failed three times in a minute"));
}

TEST(Held, NotWhenTheThirdFailureComesAfterTheMinute) {
    Script script;
    fails_to_start(script);
    script.moves_time(20'000'000);
    fails_to_start(script);
    script.moves_time(41'000'000);
    fails_to_start(script);
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    EXPECT_EQ(script.seat().failed_starts.size(), 2U);
}

TEST(Held, NotByFailuresThatNeverStartedAContainer) {
    Script script;
    for (int tries = 0; tries < 5; ++tries) {
        script.up();
        ASSERT_TRUE(script.runs_to(Step::check_image));
        script.fails(ErrorCode::image_not_found);
        script.runs_to_rest();
    }
    EXPECT_EQ(script.seat().state, SeatState::vacant);
}

TEST(Held, IsReleasedByDownAndByRestoreTtyWhichForgetTheFailures) {
    const std::vector<Request> releases{DownRequest{seat0, false}, RestoreTtyRequest{seat0}};
    for (const Request& release : releases) {
        Script script;
        for (int tries = 0; tries < 3; ++tries) {
            fails_to_start(script);
        }
        ASSERT_EQ(script.seat().state, SeatState::held);
        const CallToken token = script.call(release);
        script.runs_to_rest();
        EXPECT_EQ(script.seat().state, SeatState::vacant);
        EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::done);
        EXPECT_TRUE(script.seat().failed_starts.empty());
    }
}

TEST(Held, ForALostTerminalIsReleasedByDownOnlyWhenItIsRestored) {
    Script script;
    script.becomes_seated(SeatMode::vt);
    script.init_exits();
    never_verifies(script);
    script.runs_to_rest();
    ASSERT_EQ(script.seat().state, SeatState::held);
    script.call(DownRequest{seat0, false});
    EXPECT_EQ(script.seat().step, Step::restore_tty);
    never_verifies(script);
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::held);
    script.call(DownRequest{seat0, false});
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::vacant);
}
