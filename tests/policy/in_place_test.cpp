#include "support/script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace berth;
using namespace berth::model;
using berth::test::count;
using berth::test::job_in;
using berth::test::Script;
using berth::test::seat0;
using ::testing::Contains;
using ::testing::ElementsAre;

namespace {

class OnASeatedDesktop : public ::testing::Test {
  protected:
    OnASeatedDesktop() {
        script.becomes_seated();
        script.forgets();
    }

    JobId job_of(Request request) { return job_in(script.reply_to(script.call(std::move(request)))); }

    Script script;
};

class OnAFrozenDesktop : public OnASeatedDesktop {
  protected:
    OnAFrozenDesktop() {
        script.call(FreezeRequest{seat0});
        script.runs_to_rest();
        script.forgets();
    }
};

} // namespace

TEST_F(OnASeatedDesktop, FreezePausesIt) {
    const JobId job = job_of(FreezeRequest{seat0});
    EXPECT_EQ(script.seat().state, SeatState::seated) << "until it is paused";
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::frozen);
    EXPECT_TRUE(script.seat().paused);
    EXPECT_EQ(script.job(job)->state, JobState::done);
}

TEST_F(OnASeatedDesktop, AFreezeThatFailsLeavesItSeated) {
    const JobId job = job_of(FreezeRequest{seat0});
    script.fails();
    EXPECT_EQ(script.seat().state, SeatState::seated);
    EXPECT_EQ(script.job(job)->state, JobState::failed);
    EXPECT_FALSE(script.seat().last_failure.has_value()) << "it is no failure of the bring-up";
}

TEST_F(OnASeatedDesktop, AFreezeThatHangsFailsAndTheTearDownUnpausesToBeSure) {
    const JobId job = job_of(FreezeRequest{seat0});
    script.times_out();
    EXPECT_EQ(script.job(job)->state, JobState::failed);
    script.forgets();
    const JobId down = job_of(DownRequest{seat0, true});
    script.fails(); // It was not paused after all.
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::unpause, Step::kill, Step::remove, Step::close_door));
    EXPECT_EQ(script.job(down)->state, JobState::done);
}

TEST_F(OnASeatedDesktop, ASnapshotSavesUnderItsNameAndChangesNoState) {
    const JobId job = job_of(SnapshotRequest{seat0, "saved:1"});
    EXPECT_THAT(script.effects(),
                ::testing::Contains(Effect{RunStep{seat0, script.seat().serial, Step::commit, "saved:1"}}));
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::seated);
    EXPECT_EQ(script.job(job)->state, JobState::done);
}

TEST_F(OnASeatedDesktop, ASnapshotThatHangsFailsAndKeepsTheDesktop) {
    const JobId job = job_of(SnapshotRequest{seat0, "saved:1"});
    script.times_out();
    EXPECT_EQ(script.job(job)->state, JobState::failed);
    EXPECT_EQ(script.seat().state, SeatState::seated);
    EXPECT_EQ(script.seat().step, Step::none);
}

TEST_F(OnASeatedDesktop, OneThingIsDoneAtATime) {
    job_of(SnapshotRequest{seat0, "saved:1"});
    const CallToken freeze = script.call(FreezeRequest{seat0});
    EXPECT_EQ(test::refusal_in(script.reply_to(freeze)).value_or(Refused{}).refusal, Refusal::seat_busy);
}

TEST_F(OnASeatedDesktop, DownWaitsForASnapshotsEndAndCancelsItsJob) {
    const JobId snapshot = job_of(SnapshotRequest{seat0, "saved:1"});
    const JobId down = job_of(DownRequest{seat0, true});
    EXPECT_EQ(script.job(snapshot)->state, JobState::cancelled);
    EXPECT_TRUE(script.seat().leave_after_step);
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    EXPECT_EQ(script.job(down)->state, JobState::done);
}

TEST_F(OnASeatedDesktop, DownDuringAFreezeUnpausesWhatTheFreezePaused) {
    job_of(FreezeRequest{seat0});
    const JobId down = job_of(DownRequest{seat0, true});
    script.forgets();
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::unpause, Step::kill, Step::remove, Step::close_door));
    EXPECT_EQ(script.job(down)->state, JobState::done);
}

TEST_F(OnASeatedDesktop, NewDevicesAreShownOnce) {
    script.happens(DevicesChanged{seat0, {"/dev/input/event3"}});
    EXPECT_EQ(script.seat().devices, std::vector<std::string>{"/dev/input/event3"});
    EXPECT_EQ(test::count<PublishSeat>(script.effects()), 1U);
    script.happens(DevicesChanged{seat0, {"/dev/input/event3"}});
    EXPECT_TRUE(script.effects().empty());
}

TEST(Devices, ACardWhoseDriverWasLateIsWhatTheNextAutomaticModeMeans) {
    for (const bool card : {false, true}) {
        World world = Script{}.world();
        world.host.virtual_terminals = true;
        world.host.graphics = false;
        Script script{world};
        const std::vector<std::string> nodes{card ? "/dev/dri/card1" : "/dev/dri/renderD128", "/dev/input/event3"};
        script.happens(DevicesChanged{seat0, nodes});
        script.up(SeatMode::automatic);
        ASSERT_TRUE(script.seat().plan.has_value());
        EXPECT_EQ(script.seat().plan->mode, card ? SeatMode::vt : SeatMode::headless);
    }
}

TEST_F(OnASeatedDesktop, DevicesOutliveTheDesktop) {
    script.happens(DevicesChanged{seat0, {"/dev/input/event3"}});
    job_of(DownRequest{seat0, false});
    script.runs_to_rest();
    EXPECT_EQ(script.seat().devices.size(), 1U);
}

TEST_F(OnAFrozenDesktop, ThawLetsItGoOn) {
    const JobId job = job_of(ThawRequest{seat0});
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::unpause));
    EXPECT_EQ(script.seat().state, SeatState::seated);
    EXPECT_FALSE(script.seat().paused);
    EXPECT_EQ(script.job(job)->state, JobState::done);
}

TEST_F(OnAFrozenDesktop, AThawThatFailsLeavesItFrozen) {
    const JobId job = job_of(ThawRequest{seat0});
    script.fails();
    EXPECT_EQ(script.seat().state, SeatState::frozen);
    EXPECT_EQ(script.job(job)->state, JobState::failed);
}

TEST_F(OnAFrozenDesktop, CanBeSavedAndStaysFrozen) {
    job_of(SnapshotRequest{seat0, "saved:1"});
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::frozen);
}

TEST_F(OnAFrozenDesktop, DownUnpausesFirstSinceTheFrozenCannotDie) {
    const JobId job = job_of(DownRequest{seat0, false});
    EXPECT_EQ(script.seat().state, SeatState::draining);
    script.runs_to_rest();
    EXPECT_THAT(script.steps(),
                ElementsAre(Step::unpause, Step::end_session, Step::stop, Step::remove, Step::close_door));
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    EXPECT_EQ(script.job(job)->state, JobState::done);
}

TEST_F(OnAFrozenDesktop, DownDuringAThawGoesOnWithTheTearDown) {
    job_of(ThawRequest{seat0});
    const JobId down = job_of(DownRequest{seat0, false});
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    EXPECT_EQ(script.job(down)->state, JobState::done);
}

TEST_F(OnAFrozenDesktop, CannotBeFrozenAgain) {
    const CallToken token = script.call(FreezeRequest{seat0});
    EXPECT_EQ(test::refusal_in(script.reply_to(token)).value_or(Refused{}).refusal, Refusal::seat_empty);
}

namespace {

/// The kernel says it, whoever did it.
void somebody_pauses(Script& script, bool paused) {
    script.happens(PausedChanged{seat0, script.seat().init_pid, paused});
}

Script a_desktop_on_the_hosts_seat() {
    Script script;
    script.becomes_seated(SeatMode::logind);
    return script;
}

} // namespace

TEST(PausedByHand, ADesktopIsFrozenAndGoesOn) {
    Script script = a_desktop_on_the_hosts_seat();
    somebody_pauses(script, true);
    EXPECT_EQ(script.seat().state, SeatState::frozen);
    EXPECT_EQ(count<RunStep>(script.effects()), 0U);
    somebody_pauses(script, false);
    EXPECT_EQ(script.seat().state, SeatState::seated);
    EXPECT_FALSE(script.seat().paused);
}

TEST(PausedByHand, ItIsThawedLikeAnyOther) {
    Script script = a_desktop_on_the_hosts_seat();
    somebody_pauses(script, true);
    script.forgets();
    script.call(ThawRequest{seat0});
    somebody_pauses(script, false);
    EXPECT_EQ(script.seat().state, SeatState::frozen) << "the step's end says so";
    script.runs_to_rest();
    EXPECT_EQ(script.steps(), std::vector{Step::unpause});
    EXPECT_EQ(script.seat().state, SeatState::seated);
}

TEST(PausedByHand, ItIsUnpausedBeforeItIsTakenDown) {
    Script script = a_desktop_on_the_hosts_seat();
    somebody_pauses(script, true);
    script.forgets();
    script.call(DownRequest{seat0, false});
    EXPECT_EQ(script.steps().front(), Step::unpause);
}

TEST(PausedByHand, WhatBerthDoesItselfIsNobodyElsesDoing) {
    for (const Step step : {Step::pause, Step::commit}) {
        Script script = a_desktop_on_the_hosts_seat();
        script.call(step == Step::pause ? Request{FreezeRequest{seat0}} : Request{SnapshotRequest{seat0, "saved"}});
        const World before = script.world();
        somebody_pauses(script, true);
        EXPECT_EQ(script.world(), before);
        EXPECT_TRUE(script.effects().empty());
    }
}

TEST(PausedByHand, OneThatOnlyComesUpKnowsItForItsTearDown) {
    Script script;
    script.up(SeatMode::logind);
    ASSERT_TRUE(script.runs_to(Step::await_session));
    somebody_pauses(script, true);
    EXPECT_EQ(script.seat().state, SeatState::starting);
    script.forgets();
    script.call(DownRequest{seat0, false});
    EXPECT_EQ(script.steps().front(), Step::unpause);
}

TEST(PausedByHand, WhatIsSaidOfAnotherInitOrSeatIsNotMeant) {
    Script script = a_desktop_on_the_hosts_seat();
    const World before = script.world();
    script.happens(PausedChanged{seat0, script.seat().init_pid + 1, true});
    script.happens(PausedChanged{SeatName{"seat9"}, script.seat().init_pid, true});
    script.happens(PausedChanged{seat0, script.seat().init_pid, false});
    EXPECT_EQ(script.world(), before);
}

TEST(FrozenDesktop, LeavesTheScreenToTheHomeVtUntilItGoesOn) {
    Script script = a_desktop_on_the_hosts_seat();
    const VtClaim vt = script.seat().vt.value_or(VtClaim{});
    const Effect away{SwitchVt{seat0, vt.vt, vt.home}};
    const Effect back{SwitchVt{seat0, vt.home, vt.vt}};
    somebody_pauses(script, true);
    EXPECT_THAT(script.effects(), Contains(away)) << "it hears no key, so nobody could leave it";
    somebody_pauses(script, false);
    EXPECT_THAT(script.effects(), Contains(back));
    script.call(FreezeRequest{seat0});
    script.succeeds();
    EXPECT_THAT(script.effects(), Contains(away));
    script.call(ThawRequest{seat0});
    script.succeeds();
    EXPECT_THAT(script.effects(), Contains(back));
}

TEST(FrozenDesktop, InOtherModesSwitchesNothing) {
    for (const SeatMode mode : {SeatMode::headless, SeatMode::vt}) { // in vt the desktop itself would have to let go
        Script script;
        script.becomes_seated(mode);
        somebody_pauses(script, true);
        EXPECT_EQ(script.seat().state, SeatState::frozen);
        EXPECT_EQ(count<SwitchVt>(script.effects()), 0U);
    }
}
