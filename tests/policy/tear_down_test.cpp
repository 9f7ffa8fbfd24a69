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

/// A seated desktop with its VT, its bring-up forgotten.
Script a_seated_vt() {
    Script script;
    script.becomes_seated(SeatMode::vt);
    script.forgets();
    return script;
}

} // namespace

TEST(Down, AsksTheSessionThenSystemdThenRestoresTheTerminalAndRemovesItsTraces) {
    Script script = a_seated_vt();
    const CallToken token = script.call(DownRequest{seat0, false});
    EXPECT_EQ(script.seat().state, SeatState::draining);
    script.runs_to_rest();
    EXPECT_THAT(script.steps(),
                ElementsAre(Step::end_session, Step::stop, Step::restore_tty, Step::remove, Step::close_door));
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::done);
    EXPECT_FALSE(script.seat().last_failure.has_value());
}

TEST(Down, NowKillsAtOnce) {
    Script script = a_seated_vt();
    script.call(DownRequest{seat0, true});
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::kill, Step::restore_tty, Step::remove, Step::close_door));
}

TEST(Down, NowHastensOneThatAsksAndJoinsItsJob) {
    for (const Step asking : {Step::end_session, Step::stop}) {
        Script script = a_seated_vt();
        const CallToken graceful = script.call(DownRequest{seat0, false});
        ASSERT_TRUE(script.runs_to(asking));
        const CallToken now = script.call(DownRequest{seat0, true});
        EXPECT_EQ(job_in(script.reply_to(now)), job_in(script.reply_to(graceful)));
        EXPECT_EQ(script.seat().step, Step::kill);
        script.runs_to_rest();
        EXPECT_EQ(script.seat().state, SeatState::vacant);
        EXPECT_EQ(script.job(job_in(script.reply_to(graceful)))->state, JobState::done);
    }
}

TEST(Down, NowHastensWhatTheDesktopsOwnFailureBegan) {
    Script script;
    const CallToken up = script.up();
    ASSERT_TRUE(script.runs_to(Step::await_session));
    script.session_ready();
    script.moves_time(1'000'000'000);
    script.fails();
    ASSERT_EQ(script.seat().step, Step::end_session);
    const CallToken now = script.call(DownRequest{seat0, true});
    EXPECT_EQ(script.job(job_in(script.reply_to(up)))->state, JobState::cancelled);
    EXPECT_EQ(script.seat().step, Step::kill);
    script.runs_to_rest();
    EXPECT_EQ(script.job(job_in(script.reply_to(now)))->state, JobState::done);
}

TEST(Down, NowDuringAReseatEndsItDown) {
    Script script = a_seated_vt();
    const CallToken reseat = script.call(ReseatRequest{seat0, "test"});
    const CallToken now = script.call(DownRequest{seat0, true});
    EXPECT_EQ(script.job(job_in(script.reply_to(reseat)))->state, JobState::cancelled);
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    EXPECT_EQ(script.job(job_in(script.reply_to(now)))->state, JobState::done);
}

TEST(Down, NowWaitsForAStepThatCannotBeInterrupted) {
    Script script;
    script.up();
    ASSERT_TRUE(script.runs_to(Step::start));
    script.call(DownRequest{seat0, false});
    script.call(DownRequest{seat0, true});
    EXPECT_EQ(script.seat().step, Step::start);
    script.forgets();
    script.succeeds();
    EXPECT_THAT(script.steps(), ElementsAre(Step::kill));
}

TEST(Down, EachMeansHasTheProfilesTimeLimit) {
    Script script = a_seated_vt();
    script.call(DownRequest{seat0, false});
    EXPECT_THAT(script.effects(), ::testing::Contains(Effect{ArmTimer{seat0, script.seat().serial, 11'000}}));
    script.times_out();
    EXPECT_EQ(script.seat().step, Step::stop);
    EXPECT_THAT(script.effects(), ::testing::Contains(Effect{ArmTimer{seat0, script.seat().serial, 22'000}}));
    script.times_out();
    EXPECT_EQ(script.seat().step, Step::kill);
    EXPECT_THAT(script.effects(), ::testing::Contains(Effect{ArmTimer{seat0, script.seat().serial, 6'000}}));
}

TEST(Down, ASessionAndASystemdThatDoNotListenAreNoFailure) {
    Script script = a_seated_vt();
    const CallToken token = script.call(DownRequest{seat0, false});
    script.times_out();
    script.times_out();
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::end_session, Step::stop, Step::kill, Step::restore_tty, Step::remove,
                                            Step::close_door));
    EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::done);
}

TEST(Down, TheWordOfTheEngineIsNoProofOfDeath) {
    Script script = a_seated_vt();
    script.call(DownRequest{seat0, true});
    script.happens(StepFinished{seat0, script.seat().serial, Step::kill, {}, {}});
    EXPECT_EQ(script.seat().step, Step::kill) << "init is not known to be gone yet";
    script.init_exits();
    EXPECT_EQ(script.seat().step, Step::restore_tty);
}

TEST(Down, AnInitThatSurvivesSigkillFailsTheJobButTheTerminalComesBack) {
    Script script = a_seated_vt();
    const CallToken token = script.call(DownRequest{seat0, true});
    script.times_out();
    EXPECT_EQ(script.seat().step, Step::restore_tty);
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::failed);
    EXPECT_EQ(script.seat().last_failure.value_or(Failure{}).step, Step::kill);
}

TEST(Down, AContainerThatCannotBeRemovedFailsTheJobWithItsStep) {
    Script script = a_seated_vt();
    const CallToken token = script.call(DownRequest{seat0, false});
    ASSERT_TRUE(script.runs_to(Step::remove));
    script.fails(ErrorCode::engine_unavailable);
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    EXPECT_THAT(script.job(job_in(script.reply_to(token)))->error, HasSubstr("EngineUnavailable: "));
}

TEST(Down, OnAVacantSeatIsDoneAtOnce) {
    Script script;
    const CallToken token = script.call(DownRequest{seat0, false});
    EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::done);
    EXPECT_EQ(script.seat().state, SeatState::vacant);
}

TEST(InitExited, OfASeatedDesktopBringsTheTerminalBackUnasked) {
    Script script = a_seated_vt();
    script.init_exits();
    EXPECT_EQ(script.seat().step, Step::restore_tty) << "the first thing is the terminal";
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    EXPECT_THAT(script.seat().last_failure.value_or(Failure{}).message, HasSubstr("ended by itself"));
}

TEST(InitExited, OfAnotherProcessIsIgnored) {
    Script script = a_seated_vt();
    const World before = script.world();
    script.happens(InitExited{seat0, 5});
    script.happens(InitExited{SeatName{"seat7"}, 4242});
    EXPECT_EQ(script.world(), before);
}

TEST(InitExited, WhileDrainingSkipsTheStrongerMeans) {
    for (const Step step : {Step::end_session, Step::stop}) {
        Script script = a_seated_vt();
        script.call(DownRequest{seat0, false});
        ASSERT_TRUE(script.runs_to(step));
        script.init_exits();
        EXPECT_EQ(script.seat().step, Step::restore_tty);
    }
}

TEST(InitExited, OnAFrozenSeatNeedsNoUnpausing) {
    Script script = a_seated_vt();
    script.call(FreezeRequest{seat0});
    script.runs_to_rest();
    script.forgets();
    script.init_exits();
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::restore_tty, Step::remove, Step::close_door));
}

TEST(InitExited, DuringASnapshotFailsThatJob) {
    Script script = a_seated_vt();
    const CallToken token = script.call(SnapshotRequest{seat0, "saved:1"});
    script.init_exits();
    EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::failed);
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::vacant);
}

TEST(Reseat, TakesTheDesktopDownAndBringsTheSameOneUpInOneJob) {
    Script script = a_seated_vt();
    const UpPlan plan = script.seat().plan.value();
    const CallToken token = script.call(ReseatRequest{seat0, "new settings"});
    ASSERT_TRUE(script.runs_to(Step::check_image));
    EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::running);
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::seated);
    EXPECT_EQ(script.seat().plan, plan);
    EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::done);
    EXPECT_EQ(script.world().last_job, 2U);
}

TEST(Reseat, ItsProgressGoesOnFromDownToUp) {
    Script script = a_seated_vt();
    const JobId job = job_in(script.reply_to(script.call(ReseatRequest{seat0, "test"})));
    double last = 0;
    for (const Step step : {Step::stop, Step::remove, Step::check_image, Step::start, Step::await_session}) {
        ASSERT_TRUE(script.runs_to(step));
        EXPECT_GT(script.job(job)->progress, last) << "at step " << static_cast<int>(step);
        last = script.job(job)->progress;
    }
    EXPECT_LT(last, 1);
}

TEST(Reseat, DoesNotComeBackUpWhenSomethingCouldNotBeTakenDown) {
    Script script = a_seated_vt();
    const CallToken token = script.call(ReseatRequest{seat0, "test"});
    ASSERT_TRUE(script.runs_to(Step::remove));
    script.fails();
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::failed);
}

TEST(Reseat, CanBeCancelledOnItsWayUpOnly) {
    Script script = a_seated_vt();
    const JobId job = job_in(script.reply_to(script.call(ReseatRequest{seat0, "test"})));
    const CallToken early = script.call(CancelRequest{job});
    EXPECT_TRUE(test::refusal_in(script.reply_to(early)).has_value());
    ASSERT_TRUE(script.runs_to(Step::await_session));
    script.call(CancelRequest{job});
    script.runs_to_rest();
    EXPECT_EQ(script.job(job)->state, JobState::cancelled);
    EXPECT_EQ(script.seat().state, SeatState::vacant);
}

TEST(Leftovers, OfAnEarlierBerthdAreKilledAndTheTerminalRestored) {
    World fresh;
    Script script{fresh};
    script.happens(Configured{{seat0, test::seat1}, test::a_host()});
    EXPECT_EQ(script.seat().state, SeatState::restoring);
    script.happens(LeftoversFound{{Leftover{"seat0", "dead", 99, VtClaim{8, 2, 3}}}});
    EXPECT_EQ(script.seat(test::seat1).state, SeatState::vacant);
    EXPECT_THAT(script.effects(), ::testing::Contains(Effect{WatchInit{seat0, 99}}));
    script.runs_to_rest();
    EXPECT_THAT(script.steps(),
                ElementsAre(Step::kill, Step::release_seat, Step::restore_tty, Step::remove, Step::close_door));
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    EXPECT_THAT(script.seat().last_failure.value_or(Failure{}).message, HasSubstr("earlier berthd"));
}

TEST(Leftovers, ThatAreDeadAndHeadlessAreOnlyRemoved) {
    World fresh;
    Script script{fresh};
    script.happens(Configured{{seat0}, test::a_host()});
    script.happens(LeftoversFound{{Leftover{"seat0", "dead", 0, {}}}});
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::kill, Step::remove, Step::close_door));
}
