#include "support/script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace berth;
using namespace berth::model;
using berth::test::count;
using berth::test::job_in;
using berth::test::refusal_in;
using berth::test::Script;
using berth::test::seat0;
using berth::test::seat1;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// Which seats there are, and what a seat without terminals passes over.
namespace {

/// seat1 is logind's; the script plays on it.
Script a_second_seat() {
    Script script{std::vector<SeatName>{seat1, seat0}};
    World world = script.world();
    world.seats.at(seat1).announced = true;
    Script with{std::move(world)};
    with.plays_on(seat1);
    return with;
}

Script a_second_desktop() {
    Script script = a_second_seat();
    script.becomes_seated(SeatMode::logind);
    script.forgets();
    return script;
}

bool is_there(const Script& script, const SeatName& seat = seat1) {
    return script.world().seats.contains(seat);
}

} // namespace

TEST(SeatList, OneThatLogindAnnouncesIsVacantAndPublished) {
    Script script;
    script.happens(SeatAppeared{seat1});
    ASSERT_TRUE(is_there(script));
    EXPECT_EQ(script.seat(seat1).state, SeatState::vacant);
    EXPECT_EQ(count<PublishSeat>(script.effects()), 1U);
    const World once = script.world();
    script.happens(SeatAppeared{seat1});
    script.happens(SeatAppeared{seat0});
    EXPECT_EQ(script.world(), once) << "a logind that was restarted announces all anew";
}

TEST(SeatList, OneThatIsAnnouncedBeforeTheLeftoversAreKnownWaitsForThem) {
    Script script{World{}};
    script.happens(Configured{{seat0}, test::a_host()});
    script.happens(SeatAppeared{seat1});
    EXPECT_EQ(script.seat(seat1).state, SeatState::restoring);
    script.happens(LeftoversFound{{Leftover{"seat1", "dead", 99, {}}}});
    EXPECT_EQ(script.seat(seat1).step, Step::kill);
    script.plays_on(seat1);
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::kill, Step::release_seat, Step::remove, Step::close_door))
        << "it may have had a session";
    EXPECT_EQ(script.seat(seat1).state, SeatState::vacant);
}

TEST(SeatList, AVacantOneDisappearsWithLoginds) {
    Script script = a_second_seat();
    script.happens(SeatGone{seat1});
    EXPECT_FALSE(is_there(script));
    EXPECT_THAT(script.effects(), Contains(Effect{WithdrawSeat{seat1}}));
    const CallToken token = script.call(UpRequest{seat1, "gnome", {}, {}});
    EXPECT_EQ(refusal_in(script.reply_to(token)).value_or(Refused{}).refusal, Refusal::no_such_seat);
    script.happens(SeatGone{seat1});
    EXPECT_TRUE(script.effects().empty());
}

TEST(SeatList, AHeldOneDisappearsToo) {
    World world = a_second_seat().world();
    world.seats.at(seat1).state = SeatState::held;
    Script script{std::move(world)};
    script.happens(SeatGone{seat1});
    EXPECT_FALSE(is_there(script));
}

TEST(SeatList, OneThatBerthdWasGivenByNameStays) {
    Script script;
    script.becomes_seated(SeatMode::logind);
    script.happens(SeatGone{seat0});
    script.runs_to_rest();
    EXPECT_EQ(script.seat().state, SeatState::vacant);
    EXPECT_THAT(script.seat().last_failure.value_or(Failure{}).message, HasSubstr("logind removed seat seat0"));
}

TEST(SeatList, ADesktopOnOneThatIsRemovedIsTakenDownAndTheFailureNamesIt) {
    for (const bool frozen : {false, true}) {
        Script script = a_second_desktop();
        if (frozen) {
            script.call(FreezeRequest{seat1});
            script.succeeds();
        }
        script.happens(SeatGone{seat1});
        EXPECT_EQ(script.seat(seat1).state, SeatState::draining);
        EXPECT_EQ(script.seat(seat1).last_failure, script.seat(seat1).failure) << "to be read before the seat goes";
        ASSERT_TRUE(script.runs_to(Step::close_door));
        EXPECT_THAT(script.seat(seat1).failure.value_or(Failure{}).message, HasSubstr("logind removed seat seat1"));
        script.succeeds();
        EXPECT_FALSE(is_there(script));
        ASSERT_EQ(count<WithdrawSeat>(script.effects()), 1U);
        EXPECT_EQ(script.seat(seat0).state, SeatState::vacant);
    }
}

TEST(SeatList, OneThatIsRemovedDuringABringUpFailsItsJob) {
    for (const Step step :
         {Step::check_image, Step::open_door, Step::lease_seat, Step::create, Step::initialize, Step::await_lease,
          Step::start, Step::join_network, Step::await_session, Step::probe_shell}) {
        Script script = a_second_seat();
        const CallToken token = script.up(SeatMode::logind, seat1);
        ASSERT_TRUE(script.runs_to(step));
        script.happens(SeatGone{seat1});
        while (is_there(script)) {
            script.succeeds();
        }
        const auto job = script.job(job_in(script.reply_to(token)));
        EXPECT_EQ(job->state, JobState::failed);
        EXPECT_THAT(job->error, HasSubstr("logind removed seat seat1"));
    }
}

TEST(SeatList, TheLostSessionOfOneThatIsRemovedBringsNothingBack) {
    const LeaseLost lease_lost{seat1, "logind ended the session on the seat"};
    for (const bool session_first : {false, true}) {
        Script script = a_second_desktop();
        script.happens(session_first ? Happening{lease_lost} : Happening{SeatGone{seat1}});
        script.happens(session_first ? Happening{SeatGone{seat1}} : Happening{lease_lost});
        EXPECT_FALSE(script.seat(seat1).next.has_value());
        EXPECT_THAT(script.seat(seat1).failure.value_or(Failure{}).message, HasSubstr("logind removed seat seat1"));
        while (is_there(script)) {
            script.succeeds();
        }
        EXPECT_THAT(script.steps(), Not(Contains(Step::check_image)));
    }
}

TEST(SeatList, OneThatIsRemovedDuringAReseatFailsItsJob) {
    Script script = a_second_desktop();
    const CallToken token = script.call(ReseatRequest{seat1, "test"});
    script.happens(SeatGone{seat1});
    while (is_there(script)) {
        script.succeeds();
    }
    EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::failed);
}

TEST(SeatList, ADownThatRunsWhenItIsRemovedIsDone) {
    Script script = a_second_desktop();
    const CallToken token = script.call(DownRequest{seat1, false});
    script.happens(SeatGone{seat1});
    while (is_there(script)) {
        script.succeeds();
    }
    EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::done);
}

TEST(SeatList, OneThatComesBackWhileItsDesktopEndsStays) {
    Script script = a_second_desktop();
    script.happens(SeatGone{seat1});
    script.happens(SeatAppeared{seat1});
    script.runs_to_rest();
    ASSERT_TRUE(is_there(script));
    EXPECT_EQ(script.seat(seat1).state, SeatState::vacant);
}

TEST(SeatList, ALeftoverOfASeatThatIsNoMoreIsEndedAndLeavesNoSeat) {
    Script script{World{}};
    script.happens(Configured{{seat0}, test::a_host()});
    script.happens(LeftoversFound{{Leftover{"seat1", "dead", 99, {}}, Leftover{"", "whose", 98, {}}}});
    EXPECT_EQ(script.seat(seat0).state, SeatState::vacant);
    script.plays_on(seat1);
    while (is_there(script)) {
        script.succeeds();
    }
    EXPECT_THAT(script.steps(), ElementsAre(Step::kill, Step::release_seat, Step::remove, Step::close_door));
    EXPECT_EQ(script.world().seats.size(), 1U);
}

TEST(SeatList, WhatOneThatIsNoMoreMadeTooLateIsUndone) {
    Script script = a_second_seat();
    script.up(SeatMode::logind, seat1);
    ASSERT_TRUE(script.runs_to(Step::create));
    const StepSerial serial = script.seat(seat1).serial;
    script.times_out();
    script.happens(SeatGone{seat1});
    while (is_there(script)) {
        script.succeeds();
    }
    script.forgets();
    script.happens(StepFinished{seat1, serial, Step::create, ContainerCreated{"late"}, std::nullopt});
    while (is_there(script)) {
        script.succeeds();
    }
    EXPECT_THAT(script.steps(), ElementsAre(Step::remove));
}

TEST(SeatList, ANewOneDoesNotTakeTheStepsOfAnEarlierOneForItsOwn) {
    Script script = a_second_desktop();
    const StepSerial before = script.seat(seat1).serial;
    script.happens(SeatGone{seat1});
    while (is_there(script)) {
        script.succeeds();
    }
    script.happens(SeatAppeared{seat1});
    EXPECT_GT(script.seat(seat1).serial, before);
}

TEST(SeatList, NoneIsAddedWhileBerthdEnds) {
    Script script;
    script.happens(ShutdownRequested{});
    script.happens(SeatAppeared{seat1});
    EXPECT_FALSE(is_there(script));
}

TEST(SeatWithoutTerminals, ComesUpAndGoesDownWithoutTouchingOne) {
    Script script = a_second_seat();
    script.becomes_seated(SeatMode::logind);
    EXPECT_THAT(script.steps(), ElementsAre(Step::check_image, Step::open_door, Step::lease_seat, Step::create,
                                            Step::initialize, Step::check_systemd, Step::await_lease, Step::start,
                                            Step::join_network, Step::probe_shell));
    EXPECT_FALSE(script.seat(seat1).vt.has_value());
    script.forgets();
    script.call(DownRequest{seat1, false});
    script.runs_to_rest();
    EXPECT_THAT(script.steps(),
                ElementsAre(Step::end_session, Step::stop, Step::release_seat, Step::remove, Step::close_door));
}

TEST(SeatWithoutTerminals, RefusesModeVtByNameAndByProfile) {
    Script script = a_second_seat();
    const CallToken named = script.call(UpRequest{seat1, "gnome", SeatMode::vt, {}}, 1000);
    const CallToken by_profile = script.up(SeatMode::vt, seat1);
    for (const CallToken token : {named, by_profile}) {
        const Refused refused = refusal_in(script.reply_to(token)).value_or(Refused{});
        EXPECT_EQ(refused.refusal, Refusal::no_terminals);
        EXPECT_THAT(refused.message, HasSubstr("seat1 has no virtual terminals"));
    }
    EXPECT_EQ(script.seat(seat1).state, SeatState::vacant);
}

TEST(SeatWithoutTerminals, AutomaticIsLogindWithACardOfItsOwn) {
    World world = a_second_seat().world();
    world.host.logind = true;
    for (const bool card : {false, true}) {
        Script script{world};
        script.plays_on(seat1);
        script.happens(DevicesChanged{seat1, {card ? "/dev/dri/card1" : "/dev/input/event4"}});
        script.up(SeatMode::automatic, seat1);
        EXPECT_EQ(script.seat(seat1).plan->mode, card ? SeatMode::logind : SeatMode::headless);
    }
}

TEST(SeatWithoutTerminals, ItsCardMakesNoGraphicsForSeat0) {
    World world = a_second_seat().world();
    world.host.graphics = false;
    Script script{std::move(world)};
    script.happens(DevicesChanged{seat1, {"/dev/dri/card1"}});
    EXPECT_FALSE(script.world().host.graphics);
}

TEST(SeatWithoutTerminals, RestoreTtyHasNothingToDoAndIsDone) {
    Script script = a_second_seat();
    const CallToken token = script.call(RestoreTtyRequest{seat1});
    EXPECT_EQ(script.job(job_in(script.reply_to(token)))->state, JobState::done);
    EXPECT_TRUE(script.steps().empty());
}

TEST(SeatWithoutTerminals, RestoreTtyLeavesItsDesktopAlone) {
    Script script = a_second_desktop();
    for (const bool leaves : {false, true}) {
        if (leaves) {
            script.call(DownRequest{seat1, false});
        }
        const World before = script.world();
        const CallToken token = script.call(RestoreTtyRequest{seat1});
        EXPECT_EQ(script.reply_to(token), (Reply{token, std::monostate{}}));
        EXPECT_EQ(script.world(), before);
    }
}

TEST(SeatWithoutTerminals, ASessionThatOpensTooLateIsClosedAndTouchesNone) {
    Script script = a_second_seat();
    script.up(SeatMode::logind, seat1);
    ASSERT_TRUE(script.runs_to(Step::lease_seat));
    const StepSerial serial = script.seat(seat1).serial;
    script.times_out();
    script.runs_to_rest();
    script.forgets();
    script.happens(StepFinished{seat1, serial, Step::lease_seat, SeatLease{"7", 0, 99}, std::nullopt});
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::release_seat));
}
