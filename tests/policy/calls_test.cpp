#include "policy/call_rules.hpp"
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

namespace {

const std::uint32_t user = 1000;

std::vector<Request> every_request_on(const SeatName& seat) {
    return {UpRequest{seat, "gnome", {}, {}}, DownRequest{seat, false}, ReseatRequest{seat, "test"},
            RestoreTtyRequest{seat},          FreezeRequest{seat},      ThawRequest{seat},
            SnapshotRequest{seat, "saved"}};
}

/// A request that is possible in the World that `possible_world` gives for it.
World possible_world(const Request& request) {
    test::WorldBuilder builder;
    builder.seat(seat0);
    if (std::holds_alternative<ThawRequest>(request)) {
        builder.in(SeatState::frozen).with_plan(SeatMode::headless).with_container("c0ffee", 4242).with_door();
    } else if (!std::holds_alternative<UpRequest>(request)) {
        builder.in(SeatState::seated).with_plan(SeatMode::headless).with_container("c0ffee", 4242).with_door();
    }
    return builder.build();
}

/// Calls and expects a refusal that leaves the World as it was. Returns its sentence.
std::string expect_refused(Script& script, Request request, Refusal refusal) {
    const World before = script.world();
    const CallToken token = script.call(std::move(request));
    EXPECT_EQ(script.world(), before) << "a refusal changes nothing";
    EXPECT_EQ(script.effects().size(), 1U);
    const auto refused = refusal_in(script.reply_to(token));
    EXPECT_TRUE(refused.has_value());
    EXPECT_EQ(refused.value_or(Refused{}).refusal, refusal);
    return refused.value_or(Refused{}).message;
}

} // namespace

TEST(Calls, AnUnknownSeatIsRefusedWithTheNamesOfTheKnownOnes) {
    Script script{{seat0, test::seat1}};
    for (const Request& request : every_request_on(SeatName{"seat7"})) {
        EXPECT_THAT(expect_refused(script, request, Refusal::no_such_seat), HasSubstr("seat0, seat1"));
    }
}

TEST(Calls, ADesktopsNameMayNotBeEmptyOrAPath) {
    Script script;
    expect_refused(script, UpRequest{seat0, "", {}, {}}, Refusal::invalid_argument);
    EXPECT_THAT(expect_refused(script, UpRequest{seat0, "../etc/passwd", {}, {}}, Refusal::invalid_argument),
                HasSubstr("../etc/passwd"));
}

TEST(Calls, AProfileThatCannotBeReadIsToldWithItsReasonAndChangesNothing) {
    Script script;
    const World before = script.world();
    const CallToken token = script.call(UpRequest{seat0, "gnmoe", {}, {}});
    script.happens(ProfileRead{token, {}, "There is no desktop 'gnmoe'"});
    const auto refused = refusal_in(script.reply_to(token));
    EXPECT_EQ(refused, (Refused{Refusal::bad_profile, "There is no desktop 'gnmoe'"}));
    EXPECT_EQ(script.world(), before);
}

TEST(Calls, ASecondUpWhileAJobRunsIsBusyAndNamesTheJob) {
    Script script;
    script.up();
    EXPECT_THAT(expect_refused(script, UpRequest{seat0, "gnome", {}, {}}, Refusal::seat_busy), HasSubstr("job 1 (up)"));
    script.runs_to(Step::start);
    EXPECT_THAT(expect_refused(script, UpRequest{seat0, "gnome", {}, {}}, Refusal::seat_busy), HasSubstr("job 1 (up)"));
}

TEST(Calls, AnUpOnATakenSeatSaysWhichDesktopHasIt) {
    Script script;
    script.becomes_seated();
    EXPECT_THAT(expect_refused(script, UpRequest{seat0, "gnome", {}, {}}, Refusal::seat_taken), HasSubstr("'gnome'"));
    script.call(FreezeRequest{seat0});
    script.runs_to_rest();
    expect_refused(script, UpRequest{seat0, "gnome", {}, {}}, Refusal::seat_taken);
}

TEST(Calls, AnUpOnAHeldSeatSaysHowToReleaseIt) {
    Script script{test::WorldBuilder{}.seat(seat0).in(SeatState::held).build()};
    EXPECT_THAT(expect_refused(script, UpRequest{seat0, "gnome", {}, {}}, Refusal::seat_held),
                HasSubstr("berth restore-tty"));
}

TEST(Calls, OfTwoUpsThatWaitForTheirProfilesTheFirstWins) {
    Script script;
    const CallToken first = script.call(UpRequest{seat0, "gnome", {}, {}});
    const CallToken second = script.call(UpRequest{seat0, "gnome", {}, {}});
    script.happens(ProfileRead{second, test::a_profile(), {}});
    script.happens(ProfileRead{first, test::a_profile(), {}});
    EXPECT_EQ(job_in(script.reply_to(second)), JobId{1});
    EXPECT_EQ(refusal_in(script.reply_to(first)).value_or(Refused{}).refusal, Refusal::seat_busy);
}

TEST(Calls, RootIsNotAskedAboutAndAUserIs) {
    for (const Request& request : every_request_on(seat0)) {
        Script script{possible_world(request)};
        const CallToken token = script.call(request, user);
        EXPECT_THAT(script.effects(),
                    ElementsAre(Effect{Authorize{token, Caller{":1.7", user}, policy::action_of(request)}}));
        Script root{possible_world(request)};
        root.call(request);
        EXPECT_EQ(test::count<Authorize>(root.effects()), 0U);
        EXPECT_FALSE(root.effects().empty());
    }
}

TEST(Calls, AUserWithoutTheRightIsRefusedAndNothingChanges) {
    for (const Request& request : every_request_on(seat0)) {
        Script script{possible_world(request)};
        const World before = script.world();
        const CallToken token = script.call(request, user);
        script.happens(Authorized{token, false, "You are not an administrator"});
        EXPECT_EQ(refusal_in(script.reply_to(token)),
                  (Refused{Refusal::not_authorized, "You are not an administrator"}));
        EXPECT_EQ(script.world(), before);
    }
}

TEST(Calls, AUserWithTheRightGetsWhatWasAskedFor) {
    for (const Request& request : every_request_on(seat0)) {
        Script script{possible_world(request)};
        const CallToken token = script.call(request, user);
        script.happens(Authorized{token, true, {}});
        if (std::holds_alternative<UpRequest>(request)) {
            script.happens(ProfileRead{token, test::a_profile(), {}});
        }
        EXPECT_EQ(job_in(script.reply_to(token)), JobId{1});
        EXPECT_TRUE(script.world().calls.empty());
    }
}

TEST(Calls, ASeatThatChangedWhileTheAuthorityThoughtIsLookedAtAgain) {
    Script script;
    const CallToken slow = script.call(UpRequest{seat0, "gnome", {}, {}}, user);
    script.up();
    script.happens(Authorized{slow, true, {}});
    EXPECT_EQ(refusal_in(script.reply_to(slow)).value_or(Refused{}).refusal, Refusal::seat_busy);
}

TEST(Calls, AnswersThatNobodyWaitsForAreIgnored) {
    Script script;
    const World before = script.world();
    script.happens(Authorized{CallToken{77}, true, {}});
    script.happens(ProfileRead{CallToken{77}, test::a_profile(), {}});
    EXPECT_EQ(script.world(), before);
    EXPECT_TRUE(script.effects().empty());
}

TEST(Calls, AnImpossibleCallIsRefusedBeforeAnybodyIsAskedForAPassword) {
    Script script;
    script.call(ThawRequest{seat0}, user);
    EXPECT_EQ(test::count<Authorize>(script.effects()), 0U);
}

TEST(Calls, WhatNeedsADesktopIsRefusedOnAVacantSeat) {
    Script script;
    expect_refused(script, ReseatRequest{seat0, "test"}, Refusal::seat_empty);
    expect_refused(script, FreezeRequest{seat0}, Refusal::seat_empty);
    expect_refused(script, ThawRequest{seat0}, Refusal::seat_empty);
    expect_refused(script, SnapshotRequest{seat0, "saved"}, Refusal::seat_empty);
}

TEST(Calls, ASnapshotNeedsAName) {
    Script script;
    script.becomes_seated();
    expect_refused(script, SnapshotRequest{seat0, ""}, Refusal::invalid_argument);
}

TEST(Calls, ASecondDownWhileOneRunsIsBusy) {
    Script script;
    script.becomes_seated();
    script.call(DownRequest{seat0, false});
    expect_refused(script, DownRequest{seat0, false}, Refusal::seat_busy);
    expect_refused(script, RestoreTtyRequest{seat0}, Refusal::seat_busy);
    script.call(DownRequest{seat0, true}); // hastens it, once
    expect_refused(script, DownRequest{seat0, true}, Refusal::seat_busy);
    script.runs_to(Step::remove);
    expect_refused(script, DownRequest{seat0, true}, Refusal::seat_busy);
}

TEST(Calls, AJobThatIsNotThereOrTakesDownCannotBeCancelled) {
    Script script;
    expect_refused(script, CancelRequest{JobId{5}}, Refusal::no_such_job);
    script.becomes_seated();
    const CallToken down = script.call(DownRequest{seat0, false});
    expect_refused(script, CancelRequest{job_in(script.reply_to(down))}, Refusal::job_not_cancellable);
}

TEST(Calls, AJobIsCancelledOnce) {
    Script script;
    const JobId job = job_in(script.reply_to(script.up()));
    script.call(CancelRequest{job});
    EXPECT_EQ(script.states_of(job).back(), JobState::cancelling);
    expect_refused(script, CancelRequest{job}, Refusal::job_not_cancellable);
}

TEST(Calls, NothingIsStartedWhileBerthdLearnsWhatAnEarlierOneLeft) {
    World fresh;
    Script script{fresh};
    script.happens(Configured{{seat0}, test::a_host()});
    expect_refused(script, UpRequest{seat0, "gnome", {}, {}}, Refusal::seat_busy);
}
