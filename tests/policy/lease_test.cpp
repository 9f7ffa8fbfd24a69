#include "support/script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace berth;
using namespace berth::model;
using berth::test::job_in;
using berth::test::refusal_in;
using berth::test::Script;
using berth::test::seat0;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The session on the host's logind seat: taken, lost, given back.
namespace {

const LeaseLost lost{seat0, "logind was restarted: control over the seat's devices is gone"};

Script a_seated_logind() {
    Script script;
    script.becomes_seated(SeatMode::logind);
    script.forgets();
    return script;
}

} // namespace

TEST(Lease, IsGivenBackAfterTheDesktopIsDeadAndBeforeTheTerminalIsRestored) {
    Script script = a_seated_logind();
    script.call(DownRequest{seat0, false});
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::end_session, Step::stop, Step::release_seat, Step::restore_tty,
                                            Step::remove, Step::close_door));
    EXPECT_FALSE(script.seat().lease.has_value());
    EXPECT_EQ(script.seat().state, SeatState::vacant);
}

TEST(Lease, LostUnderADesktopEndsItAndBringsItUpAgain) {
    for (const bool frozen : {false, true}) {
        Script script = a_seated_logind();
        const UpPlan plan = script.seat().plan.value();
        if (frozen) {
            script.call(FreezeRequest{seat0});
            script.succeeds();
            ASSERT_EQ(script.seat().state, SeatState::frozen);
        }
        script.happens(lost);
        EXPECT_EQ(script.seat().state, SeatState::draining) << "it runs blind: it must not stay";
        ASSERT_TRUE(script.runs_to(Step::check_image));
        script.runs_to_rest();
        EXPECT_EQ(script.seat().state, SeatState::seated);
        EXPECT_EQ(script.seat().plan, plan);
        ASSERT_TRUE(script.seat().last_failure.has_value()) << "nobody was there to see why it went";
        EXPECT_EQ(script.seat().last_failure->step, Step::lease_seat);
        EXPECT_EQ(script.seat().last_failure->message, lost.reason);
    }
}

TEST(Lease, LostThreeTimesInAMinuteHoldsTheSeat) {
    Script script = a_seated_logind();
    for (int i = 0; i < 2; ++i) {
        script.happens(lost);
        script.runs_to_rest();
        ASSERT_EQ(script.seat().state, SeatState::seated);
    }
    script.happens(lost);
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::held);
    EXPECT_THAT(script.seat().last_failure.value_or(Failure{}).message, HasSubstr("logind was restarted"));
    EXPECT_THAT(script.printed().front(), HasSubstr("failed three times in a minute"));
}

TEST(Lease, LostNowAndThenDoesNotHoldTheSeat) {
    Script script = a_seated_logind();
    for (int i = 0; i < 5; ++i) {
        script.happens(lost);
        script.runs_to_rest();
        ASSERT_EQ(script.seat().state, SeatState::seated);
        script.moves_time(61'000'000);
    }
}

TEST(Lease, LostWhileTheDesktopComesUpFailsTheJobWithTheReason) {
    for (const Step step :
         {Step::create, Step::check_systemd, Step::start, Step::join_network, Step::await_session, Step::probe_shell}) {
        Script script;
        const CallToken token = script.up(SeatMode::logind);
        ASSERT_TRUE(script.runs_to(step));
        script.happens(lost);
        script.runs_to_rest();
        EXPECT_EQ(script.seat().state, SeatState::vacant);
        const auto job = script.job(job_in(script.reply_to(token)));
        EXPECT_EQ(job->state, JobState::failed);
        EXPECT_THAT(job->error, HasSubstr("logind was restarted"));
        EXPECT_EQ(script.seat().last_failure.value_or(Failure{}).step, Step::lease_seat);
    }
}

TEST(Lease, LostWhileItIsGivenBackOrWasNeverHadChangesNothing) {
    Script script = a_seated_logind();
    script.call(DownRequest{seat0, false});
    const World draining = script.world();
    script.happens(lost);
    EXPECT_EQ(script.world(), draining);
    script.runs_to_rest();
    const World vacant = script.world();
    script.happens(lost);
    EXPECT_EQ(script.world(), vacant);
    script.becomes_seated(SeatMode::headless);
    const World headless = script.world();
    script.happens(lost);
    EXPECT_EQ(script.world(), headless);
}

TEST(Lease, ARefusedSessionFailsTheBringUpAndDoesNotTryAgain) {
    for (const Step step : {Step::lease_seat, Step::await_lease}) {
        Script script;
        const CallToken token = script.up(SeatMode::logind);
        ASSERT_TRUE(script.runs_to(step));
        script.fails();
        script.runs_to_rest();
        EXPECT_EQ(script.seat().state, SeatState::vacant);
        EXPECT_EQ(script.seat().last_failure.value_or(Failure{}).step, step);
        EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::failed);
    }
}

TEST(Lease, ADownWhileTheDesktopWouldComeBackKeepsItDown) {
    for (const bool now : {false, true}) {
        Script script = a_seated_logind();
        script.happens(lost);
        const CallToken token = script.call(DownRequest{seat0, now});
        EXPECT_FALSE(refusal_in(script.reply_to(token)).has_value());
        script.runs_to_rest();
        EXPECT_EQ(script.seat().state, SeatState::vacant);
        EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::done);
    }
}

TEST(Lease, AJobThatRunsWhenItIsLostFails) {
    Script script = a_seated_logind();
    const CallToken token = script.call(SnapshotRequest{seat0, "saved"});
    script.happens(lost);
    EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::failed);
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::seated);
}

TEST(Lease, ThatCannotBeGivenBackDoesNotKeepTheTerminal) {
    Script script = a_seated_logind();
    script.call(DownRequest{seat0, true});
    ASSERT_TRUE(script.runs_to(Step::release_seat));
    script.fails();
    EXPECT_EQ(script.seat().step, Step::restore_tty);
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::vacant);
}

TEST(Lease, OfALeftoverOnATerminalIsClosedBeforeItIsRestored) {
    Script script{World{}};
    script.happens(Configured{{seat0}, test::a_host()});
    script.happens(LeftoversFound{{Leftover{"seat0", "dead", 99, VtClaim{8, 2, 3}}}});
    EXPECT_TRUE(script.seat().lease.has_value()) << "who knows: it may have had one";
    ASSERT_TRUE(script.runs_to(Step::release_seat));
    EXPECT_THAT(script.steps(), ElementsAre(Step::kill, Step::release_seat));
    script.happens(lost); // its unit ends because it is stopped
    EXPECT_EQ(script.seat().step, Step::release_seat);
    script.runs_to_rest();
    EXPECT_THAT(script.steps(),
                ElementsAre(Step::kill, Step::release_seat, Step::restore_tty, Step::remove, Step::close_door));
    EXPECT_FALSE(script.seat().lease.has_value());
    EXPECT_EQ(script.seat().state, SeatState::vacant);
}

TEST(Lease, OfALeftoverThatHadNoTerminalIsNotLookedFor) {
    Script script{World{}};
    script.happens(Configured{{seat0}, test::a_host()});
    script.happens(LeftoversFound{{Leftover{"seat0", "dead", 99, {}}}});
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::kill, Step::remove, Step::close_door));
}
