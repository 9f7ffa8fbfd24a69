#include "model/json.hpp"
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

/// The steps of a bring-up in each mode. await-session asks nothing of anybody, so it has no effect.
std::vector<Step> bring_up_steps(SeatMode mode) {
    std::vector<Step> steps{Step::check_image};
    if (mode != SeatMode::headless) {
        steps.push_back(Step::claim_vt);
    }
    steps.push_back(Step::open_door);
    if (mode == SeatMode::logind) {
        steps.push_back(Step::lease_seat);
    }
    steps.push_back(Step::create);
    if (mode == SeatMode::logind) {
        steps.push_back(Step::initialize);
    }
    steps.push_back(Step::check_systemd);
    if (mode == SeatMode::logind) {
        steps.push_back(Step::await_lease);
    }
    steps.push_back(Step::start);
    if (mode == SeatMode::logind) {
        steps.push_back(Step::join_network);
    }
    steps.push_back(Step::await_session);
    steps.push_back(Step::probe_shell);
    return steps;
}

/// What undoes a bring-up that got as far as `step` and failed there: what the steps before it made, no more.
std::vector<Step> unwinding_from(Step step, SeatMode mode) {
    const auto reached = [step](Step other) { return static_cast<int>(step) > static_cast<int>(other); };
    const bool vt = mode != SeatMode::headless && step != Step::check_image && step != Step::claim_vt;
    const bool door = reached(Step::open_door) && step != Step::claim_vt;
    std::vector<Step> steps;
    if (step == Step::probe_shell) {
        steps.push_back(Step::end_session);
    }
    if (step == Step::join_network || step == Step::await_session || step == Step::probe_shell) {
        steps.push_back(Step::stop);
    }
    if (step == Step::start) {
        steps.push_back(Step::kill);
    }
    if (mode == SeatMode::logind && reached(Step::lease_seat)) {
        steps.push_back(Step::release_seat);
    }
    if (vt) {
        steps.push_back(Step::restore_tty);
    }
    if (reached(Step::create)) {
        steps.push_back(Step::remove);
    }
    if (door) {
        steps.push_back(Step::close_door);
    }
    return steps;
}

struct Case {
    SeatMode mode;
    Step step;
};

class FailingStep : public ::testing::TestWithParam<Case> {};

std::vector<Case> every_case() {
    std::vector<Case> cases;
    for (const SeatMode mode : {SeatMode::headless, SeatMode::vt, SeatMode::logind}) {
        for (const Step step : bring_up_steps(mode)) {
            cases.push_back({mode, step});
        }
    }
    return cases;
}

/// The probe is asked again until the deadline, so only its deadline fails it.
void fail_for_good(Script& script, Step step) {
    if (step == Step::probe_shell) {
        script.moves_time(script.seat().start_deadline - script.now());
    }
    if (step == Step::await_session) {
        script.times_out();
    } else {
        script.fails();
    }
}

} // namespace

TEST(BringUp, AHeadlessSeatGoesThroughItsStepsAndIsSeatedWhenTheShellAnswers) {
    Script script;
    const CallToken token = script.up(SeatMode::headless);
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::check_image, Step::open_door, Step::create, Step::check_systemd,
                                            Step::start, Step::probe_shell));
    EXPECT_EQ(script.seat().state, SeatState::seated);
    EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::done);
}

TEST(BringUp, AVtSeatClaimsItsTerminalBeforeTheDoorTellsTheDesktopOfIt) {
    Script script;
    script.up(SeatMode::vt);
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::check_image, Step::claim_vt, Step::open_door, Step::create,
                                            Step::check_systemd, Step::start, Step::probe_shell));
    EXPECT_EQ(script.seat().vt, (VtClaim{7, 1, 3}));
}

TEST(BringUp, ALogindSeatMakesItsContainerWhileItsSessionOpensAndConnectsItWhileItBoots) {
    Script script;
    script.up(SeatMode::logind);
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::check_image, Step::claim_vt, Step::open_door, Step::lease_seat,
                                            Step::create, Step::initialize, Step::check_systemd, Step::await_lease,
                                            Step::start, Step::join_network, Step::probe_shell));
    EXPECT_EQ(script.seat().lease, (SeatLease{"5", 7, 1234}));
}

TEST(BringUp, StartsOnlyWithAReadProfileAndTellsTheJob) {
    Script script;
    const CallToken token = script.call(UpRequest{seat0, "gnome", {}, {}});
    EXPECT_THAT(script.effects(), ElementsAre(Effect{ReadProfile{token, seat0, "gnome", std::nullopt}}));
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    script.happens(ProfileRead{token, test::a_profile(), {}});
    EXPECT_EQ(script.seat().state, SeatState::preparing);
    EXPECT_EQ(job_in(script.reply_to(token)), JobId{1});
    EXPECT_EQ(test::count<RunStep>(script.effects()), 1U);
    EXPECT_EQ(test::count<ArmTimer>(script.effects()), 1U);
}

TEST(BringUp, StepsOfTheContainerAreShownAsStarting) {
    Script script;
    script.up();
    ASSERT_TRUE(script.runs_to(Step::check_systemd));
    EXPECT_EQ(script.seat().state, SeatState::preparing);
    script.succeeds();
    EXPECT_EQ(script.seat().state, SeatState::starting);
    script.succeeds();
    EXPECT_EQ(script.seat().step, Step::await_session);
    EXPECT_THAT(script.effects(), ::testing::Contains(Effect{WatchInit{seat0, 4242}}));
}

TEST(BringUp, ASessionThatIsReadyBeforeTheContainersStartIsReportedIsNotWaitedFor) {
    Script script;
    script.up();
    ASSERT_TRUE(script.runs_to(Step::start));
    script.session_ready();
    script.succeeds();
    EXPECT_EQ(script.seat().step, Step::probe_shell);
    EXPECT_EQ(script.seat().facts.at("wayland-display"), "wayland-0");
}

TEST(BringUp, AStrangersSessionReadyChangesNothing) {
    Script script;
    const World before = script.world();
    script.session_ready();
    script.happens(SessionReady{SeatName{"seat7"}, {}});
    EXPECT_EQ(script.world(), before);
    EXPECT_TRUE(script.effects().empty());
}

TEST(BringUp, ASecondSessionReadyOnASeatedSeatOnlyChangesItsFacts) {
    Script script;
    script.becomes_seated();
    script.happens(SessionReady{seat0, {{"display", ":5"}}});
    EXPECT_EQ(script.seat().state, SeatState::seated);
    EXPECT_EQ(script.seat().facts, (SessionFacts{{"display", ":5"}}));
}

TEST(BringUp, ASilentShellIsAskedAgainUntilTheDeadline) {
    Script script;
    script.up();
    ASSERT_TRUE(script.runs_to(Step::probe_shell));
    script.fails();
    EXPECT_TRUE(script.seat().retrying);
    EXPECT_EQ(test::count<RunStep>(script.effects()), 0U);
    script.timer_fires();
    EXPECT_EQ(test::count<RunStep>(script.effects()), 1U);
    EXPECT_FALSE(script.seat().retrying);
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::seated);
}

TEST(BringUp, TheShellsDeadlineIsTheProfilesFromTheContainersStart) {
    Script script;
    script.up();
    ASSERT_TRUE(script.runs_to(Step::await_session));
    EXPECT_EQ(script.seat().start_deadline, script.now() + 90'000'000);
    EXPECT_THAT(script.effects(), ::testing::Contains(Effect{ArmTimer{seat0, script.seat().serial, 90'000}}));
}

TEST(BringUp, TheSeatsModeIsTheCallersThenTheProfilesThenTheHosts) {
    Script asked;
    const CallToken token = asked.call(UpRequest{seat0, "gnome", SeatMode::headless, "other:1"});
    asked.happens(ProfileRead{token, test::a_profile(SeatMode::vt), {}});
    EXPECT_EQ(asked.seat().plan->mode, SeatMode::headless);
    EXPECT_EQ(asked.seat().plan->profile.image, "other:1");
    Script automatic;
    automatic.up(SeatMode::automatic);
    EXPECT_EQ(automatic.seat().plan->mode, SeatMode::vt) << "the host has a card and virtual terminals";
}

TEST_P(FailingStep, UnwindsExactlyWhatWasDoneAndIsNamedByLastFailure) {
    const auto [mode, step] = GetParam();
    Script script;
    const CallToken token = script.up(mode);
    ASSERT_TRUE(script.runs_to(step));
    script.forgets();
    fail_for_good(script, step);
    script.runs_to_rest();
    EXPECT_EQ(script.steps(), unwinding_from(step, mode));
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    ASSERT_TRUE(script.seat().last_failure.has_value());
    EXPECT_EQ(script.seat().last_failure->step, step);
    const Job job = script.job(job_in(script.reply_to(token))).value();
    EXPECT_EQ(job.state, JobState::failed);
    EXPECT_THAT(job.error, HasSubstr(script.seat().last_failure->message));
}

TEST_P(FailingStep, EndsTheSameWayWhenItsTimeLimitPasses) {
    const auto [mode, step] = GetParam();
    Script script;
    const CallToken token = script.up(mode);
    ASSERT_TRUE(script.runs_to(step));
    script.times_out();
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    EXPECT_EQ(script.seat().last_failure.value_or(Failure{}).step, step);
    EXPECT_EQ(script.seat().last_failure.value_or(Failure{}).code, ErrorCode::timed_out);
    EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::failed);
}

TEST_P(FailingStep, CanBeCancelledInstead) {
    const auto [mode, step] = GetParam();
    Script script;
    const CallToken token = script.up(mode);
    ASSERT_TRUE(script.runs_to(step));
    const CallToken cancel = script.call(CancelRequest{job_in(script.reply_to(token))});
    EXPECT_TRUE(std::holds_alternative<std::monostate>(script.reply_to(cancel)->answer));
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::cancelled);
    EXPECT_EQ(script.seat().last_failure.value_or(Failure{}).code, ErrorCode::cancelled);
    EXPECT_EQ(script.seat().last_failure.value_or(Failure{}).step, step);
    EXPECT_TRUE(script.seat().failed_starts.empty()) << "a cancelled start is no crash";
}

TEST_P(FailingStep, GivesWayToDown) {
    const auto [mode, step] = GetParam();
    Script script;
    const CallToken token = script.up(mode);
    ASSERT_TRUE(script.runs_to(step));
    const CallToken down = script.call(DownRequest{seat0, false});
    EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::cancelled);
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    EXPECT_EQ(script.job(job_in(script.reply_to(down)))->state, JobState::done);
}

TEST_P(FailingStep, IsNotAbandonedByACancelThatItCannotBeLeftFor) {
    const auto [mode, step] = GetParam();
    Script script;
    const CallToken token = script.up(mode);
    ASSERT_TRUE(script.runs_to(step));
    script.forgets();
    script.call(CancelRequest{job_in(script.reply_to(token))});
    const bool waits = step != Step::await_session && step != Step::probe_shell;
    EXPECT_EQ(script.seat().leave_after_step, waits);
    EXPECT_EQ(script.steps().empty(), waits) << "what a step makes must be known before it is undone";
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::vacant);
}

INSTANTIATE_TEST_SUITE_P(EachStepOfEachMode, FailingStep, ::testing::ValuesIn(every_case()), [](const auto& instance) {
    return std::string{model::name_of(instance.param.mode)} + "_step_" +
           std::to_string(static_cast<int>(instance.param.step));
});

TEST(BringUp, AContainerThatEndsWhileItStartsFailsWithTheStepItWasIn) {
    for (const Step step : {Step::await_session, Step::probe_shell}) {
        Script script;
        script.up(SeatMode::vt);
        ASSERT_TRUE(script.runs_to(step));
        script.forgets();
        script.init_exits();
        script.runs_to_rest();
        EXPECT_THAT(script.steps(), ElementsAre(Step::restore_tty, Step::remove, Step::close_door))
            << "the dead need no killing";
        EXPECT_EQ(script.seat().last_failure.value_or(Failure{}).step, step);
        EXPECT_THAT(script.seat().last_failure->message, HasSubstr("ended while the desktop was starting"));
    }
}

TEST(BringUp, ACompletionOfAStepThatWasGivenUpOnIsNotTakenForTheNextOnes) {
    Script script;
    script.up();
    ASSERT_TRUE(script.runs_to(Step::check_systemd));
    const StepSerial old = script.seat().serial;
    script.times_out();
    const World before = script.world();
    script.happens(StepFinished{seat0, old, Step::check_systemd, {}, {}});
    EXPECT_EQ(script.world(), before);
    EXPECT_TRUE(script.effects().empty());
}

TEST(BringUp, ATimerOfAnEarlierStepIsIgnored) {
    Script script;
    script.up();
    const StepSerial old = script.seat().serial;
    script.succeeds();
    const World before = script.world();
    script.happens(TimerFired{seat0, old});
    EXPECT_EQ(script.world(), before);
}

TEST(BringUp, AThingThatAStepMadeAfterItsTimeLimitIsUndoneAllTheSame) {
    for (const Step step : {Step::claim_vt, Step::open_door, Step::lease_seat, Step::create}) {
        Script script;
        script.up(SeatMode::logind);
        ASSERT_TRUE(script.runs_to(step));
        const StepSerial old = script.seat().serial;
        script.times_out();
        script.runs_to_rest();
        ASSERT_EQ(script.seat().state, SeatState::vacant);
        script.forgets();
        script.happens(StepFinished{seat0, old, step, test::success_of(step), {}});
        EXPECT_EQ(script.seat().state, SeatState::restoring);
        script.runs_to_rest();
        EXPECT_EQ(script.seat().state, SeatState::vacant);
        const std::map<Step, std::vector<Step>> undone{{Step::claim_vt, {Step::restore_tty}},
                                                       {Step::open_door, {Step::close_door}},
                                                       {Step::lease_seat, {Step::release_seat, Step::restore_tty}},
                                                       {Step::create, {Step::remove}}};
        EXPECT_EQ(script.steps(), undone.at(step));
    }
}

TEST(BringUp, WhatAStepThatTimedOutMayHaveMadeIsUndoneAtOnce) {
    Script script;
    script.up(SeatMode::vt);
    ASSERT_TRUE(script.runs_to(Step::create));
    script.forgets();
    script.times_out();
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::restore_tty, Step::remove, Step::close_door));
}
