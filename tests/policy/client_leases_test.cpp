#include "support/client_script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

using namespace berth;
using namespace berth::model;
using berth::test::a_run;
using berth::test::an_app;
using berth::test::chrome;
using berth::test::ClientScript;
using berth::test::display;
using berth::test::gpu;
using berth::test::sound;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

using Ends = std::map<std::string, LeaseEnd>;

constexpr Microseconds in_a_minute = 60'000'000;
constexpr Microseconds in_an_hour = 3'600'000'000;

ClientScript a_client(std::vector<Grant> grants = {}, std::vector<Grant> may_ask = {}) {
    ClientScript script;
    script.desktop_comes();
    script.runs(a_run(), an_app(std::move(grants), std::move(may_ask)));
    script.forgets();
    return script;
}

/// Gives, and lets it succeed.
void gives(ClientScript& script, const std::vector<Grant>& grants, Microseconds until, bool with_connection = false) {
    script.call(GrantRequest{chrome, grants, until, with_connection});
    if (script.client().step == Step::give) {
        script.succeeds();
    }
}

/// When the timer is set to fire; nothing: it is not.
std::optional<Microseconds> timer_of(const ClientScript& script) {
    std::optional<Microseconds> at;
    for (const Effect& effect : script.effects()) {
        if (const auto* const arm = std::get_if<ArmLeaseTimer>(&effect)) {
            at = arm->at;
        }
    }
    return at;
}

/// What berthd knows when it starts anew, and a client that goes on.
ClientScript after_a_restart(const Client& kept) {
    ClientScript script;
    LeftoversFound found;
    found.kept_clients = {kept};
    found.client_leftovers = {{chrome.value, kept.container, kept.init_pid, {0, 0, 0}, false}};
    script.happens(found);
    return script;
}

} // namespace

TEST(ClientLeases, OneWithATimeLimitIsTakenWhenItHasPassed) {
    ClientScript script = a_client();
    gives(script, {gpu}, in_a_minute);
    EXPECT_EQ(script.client().ends, (Ends{{"gpu", {in_a_minute, "", false}}}));
    EXPECT_EQ(timer_of(script), in_a_minute);
    script.happens(LeaseTimerFired{chrome, in_a_minute});
    EXPECT_EQ(script.client().step, Step::take);
    EXPECT_THAT(script.client().pending, ElementsAre(gpu));
    script.succeeds();
    EXPECT_THAT(script.client().grants, IsEmpty());
    EXPECT_THAT(script.client().ends, IsEmpty());
    EXPECT_THAT(script.records(), ElementsAre("gpu given", "gpu taken"));
    EXPECT_THAT(script.askers(), ElementsAre("uid 0 (:1.7)", "berthd"));
}

TEST(ClientLeases, TheRecordOfItsEndSaysWhy) {
    ClientScript script = a_client();
    gives(script, {gpu}, in_a_minute);
    script.happens(LeaseTimerFired{chrome, in_a_minute});
    script.succeeds();
    bool said = false;
    for (const Effect& effect : script.effects()) {
        const auto* const record = std::get_if<RecordGrant>(&effect);
        said = said || (record != nullptr && record->reason == "its time limit has passed");
    }
    EXPECT_TRUE(said);
}

TEST(ClientLeases, TheFirstEndIsWaitedForAndTheNextAfterIt) {
    ClientScript script = a_client();
    gives(script, {gpu}, in_an_hour);
    gives(script, {sound}, in_a_minute);
    EXPECT_EQ(timer_of(script), in_a_minute);
    script.happens(LeaseTimerFired{chrome, in_a_minute + 5});
    EXPECT_EQ(timer_of(script), in_an_hour);
    EXPECT_THAT(script.client().pending, ElementsAre(sound));
    script.succeeds();
    EXPECT_THAT(script.client().grants, ElementsAre(gpu));
}

TEST(ClientLeases, ATimerThatFiresEarlyTakesNothing) {
    ClientScript script = a_client();
    gives(script, {gpu}, in_a_minute);
    script.happens(LeaseTimerFired{chrome, in_a_minute - 1});
    EXPECT_EQ(script.client().step, Step::none);
    EXPECT_EQ(timer_of(script), in_a_minute);
    script.happens(LeaseTimerFired{ClientId{"nobody"}, in_an_hour});
    EXPECT_THAT(script.effects(), IsEmpty());
}

TEST(ClientLeases, OneWithTheConnectionIsWatchedAndTakenWhenThatIsGone) {
    ClientScript script = a_client();
    gives(script, {gpu}, 0, true);
    EXPECT_EQ(script.client().ends, (Ends{{"gpu", {0, ":1.7", false}}}));
    EXPECT_EQ(script.count<WatchCaller>(), 1U);
    EXPECT_EQ(timer_of(script), std::nullopt);
    script.happens(CallerGone{":1.8"});
    EXPECT_EQ(script.client().step, Step::none) << "somebody else";
    script.happens(CallerGone{":1.7"});
    EXPECT_EQ(script.client().step, Step::take);
    script.succeeds();
    EXPECT_THAT(script.client().grants, IsEmpty());
    script.happens(CallerGone{":1.7"});
    EXPECT_THAT(script.effects(), IsEmpty());
}

TEST(ClientLeases, WithBothTheFirstOfTheTwoEndsIt) {
    for (const Happening& end : {Happening{CallerGone{":1.7"}}, Happening{LeaseTimerFired{chrome, in_a_minute}}}) {
        ClientScript script = a_client();
        gives(script, {gpu}, in_a_minute, true);
        script.happens(end);
        EXPECT_EQ(script.client().step, Step::take);
    }
}

TEST(ClientLeases, AnEndWaitsForTheStepInFlightAndComesBeforeCallsThatWait) {
    ClientScript script = a_client();
    gives(script, {gpu}, in_a_minute);
    script.call(FreezeClientRequest{chrome, true});
    const CallToken waiting = script.call(GrantRequest{chrome, {sound}});
    script.happens(LeaseTimerFired{chrome, in_a_minute});
    EXPECT_EQ(script.client().step, Step::pause) << "two steps at once";
    script.succeeds();
    EXPECT_EQ(script.client().step, Step::take);
    EXPECT_FALSE(script.reply_to(waiting));
    script.succeeds();
    EXPECT_EQ(script.client().step, Step::give);
    script.succeeds();
    EXPECT_TRUE(script.reply_to(waiting));
    EXPECT_THAT(script.client().grants, ElementsAre(sound));
}

TEST(ClientLeases, OneThatIsOverOpensNothingThoughItIsNotTakenYet) {
    ClientScript script = a_client();
    gives(script, {gpu}, in_a_minute);
    script.call(FreezeClientRequest{chrome, true});
    script.happens(LeaseTimerFired{chrome, in_a_minute});
    const CallToken token = script.asks(chrome, OpenRequest{chrome, SelfOpen::render_node});
    EXPECT_EQ(script.refusal_to(token).value_or(Refused{}).refusal, Refusal::grant_denied);
}

TEST(ClientLeases, TheLastWordIsInForce) {
    ClientScript script = a_client();
    gives(script, {gpu}, in_an_hour);
    gives(script, {gpu}, in_a_minute);
    EXPECT_EQ(timer_of(script), in_a_minute);
    gives(script, {gpu}, 0, true);
    EXPECT_EQ(script.client().ends, (Ends{{"gpu", {0, ":1.7", false}}}));
    gives(script, {gpu}, 0);
    EXPECT_THAT(script.client().ends, IsEmpty()) << "asked for without an end, it lasts";
    EXPECT_EQ(script.count<PublishClient>() > 0, true);
    script.happens(CallerGone{":1.7"});
    EXPECT_EQ(script.client().step, Step::none);
}

TEST(ClientLeases, WhatLastsIsNotCutShort) {
    ClientScript script = a_client({display});
    gives(script, {display, gpu}, in_a_minute);
    EXPECT_EQ(script.client().ends, (Ends{{"gpu", {in_a_minute, "", false}}}));
}

TEST(ClientLeases, AClientMakesWhatOthersGaveItLastNoLonger) {
    ClientScript script = a_client({}, {sound});
    gives(script, {gpu, sound}, in_a_minute);
    script.asks(chrome, GrantRequest{chrome, {gpu, sound}});
    EXPECT_EQ(script.client().ends, (Ends{{"gpu", {in_a_minute, "", false}}})) << "sound its profile names";
}

TEST(ClientLeases, AGiveThatFailsChangesNoEnd) {
    ClientScript script = a_client();
    gives(script, {gpu}, in_a_minute);
    script.call(GrantRequest{chrome, {gpu, sound}, in_an_hour});
    script.fails();
    EXPECT_EQ(script.client().ends, (Ends{{"gpu", {in_a_minute, "", false}}}));
}

TEST(ClientLeases, RevokedBeforeItsEndNothingIsWaitedFor) {
    ClientScript script = a_client();
    gives(script, {gpu}, in_a_minute);
    script.call(RevokeRequest{chrome, {gpu}});
    script.succeeds();
    EXPECT_THAT(script.client().ends, IsEmpty());
    EXPECT_EQ(script.count<ClearLeaseTimer>(), 1U);
}

TEST(ClientLeases, EndWithTheirClient) {
    ClientScript script = a_client();
    gives(script, {gpu}, in_a_minute);
    script.forgets();
    script.exits();
    EXPECT_EQ(script.count<ClearLeaseTimer>(), 1U);
    script.runs_to_rest();
    EXPECT_FALSE(script.is_there());
    script.happens(LeaseTimerFired{chrome, in_a_minute});
    script.happens(CallerGone{":1.7"});
    EXPECT_THAT(script.effects(), IsEmpty());
}

TEST(ClientLeases, ATimeLimitCountsOnOverARestart) {
    ClientScript before = a_client();
    gives(before, {gpu}, in_a_minute);
    ClientScript script = after_a_restart(before.client());
    EXPECT_EQ(script.client().step, Step::adopt);
    EXPECT_EQ(timer_of(script), in_a_minute);
    script.happens(LeaseTimerFired{chrome, in_an_hour});
    EXPECT_EQ(script.client().step, Step::adopt);
    script.succeeds();
    EXPECT_EQ(script.client().step, Step::take);
    script.succeeds();
    EXPECT_THAT(script.client().grants, IsEmpty());
}

TEST(ClientLeases, ThoseWithAConnectionEndWithTheBerthdThatHadIt) {
    ClientScript before = a_client({display});
    gives(before, {gpu}, 0, true);
    ClientScript script = after_a_restart(before.client());
    EXPECT_EQ(script.client().step, Step::adopt);
    script.succeeds();
    EXPECT_EQ(script.client().step, Step::take);
    EXPECT_THAT(script.client().pending, ElementsAre(gpu));
    script.succeeds();
    EXPECT_THAT(script.client().grants, ElementsAre(display));
}

TEST(ClientDoorsThatAreLeft, AreClosedWhereNothingElseOfTheirClientIs) {
    ClientScript script;
    LeftoversFound found;
    found.doors = {chrome};
    script.happens(found);
    EXPECT_THAT(script.steps(), ElementsAre(Step::close_door));
    script.succeeds();
    EXPECT_FALSE(script.is_there());
}

TEST(ClientDoorsThatAreLeft, StayWithAClientThatGoesOn) {
    const ClientScript before = a_client();
    ClientScript script;
    LeftoversFound found;
    found.kept_clients = {before.client()};
    found.client_leftovers = {{chrome.value, before.client().container, before.client().init_pid, {0, 0, 0}, false}};
    found.doors = {chrome};
    script.happens(found);
    EXPECT_THAT(script.steps(), ElementsAre(Step::adopt));
}

TEST(RenewedSockets, AreGivenAnewToWhoHasSomethingOfTheDesktop) {
    ClientScript script = a_client({display, gpu});
    script.happens(SocketsRenewed{test::seat0});
    EXPECT_THAT(script.steps(), ElementsAre(Step::give));
    EXPECT_THAT(script.client().pending, ElementsAre(display));
    script.succeeds();
    EXPECT_EQ(script.client().step, Step::none);
    ClientScript other = a_client({gpu});
    other.happens(SocketsRenewed{test::seat0});
    EXPECT_THAT(other.steps(), IsEmpty());
}

TEST(RenewedSockets, AreWatchedForAsLongAsThereIsADesktop) {
    ClientScript script;
    script.desktop_comes();
    EXPECT_EQ(script.count<WatchSockets>(), 1U);
    script.forgets();
    script.desktop_goes();
    EXPECT_EQ(script.count<WatchSockets>(), 1U);
    script.happens(SocketsRenewed{test::seat0});
    script.happens(SocketsRenewed{SeatName{"no-such"}});
    EXPECT_THAT(script.effects(), IsEmpty());
}

TEST(ImagesWishes, AreToldWhereTheRunFailsForWantOfThem) {
    for (const int code : {0, 3}) {
        ClientScript script;
        RunRequest run = a_run();
        run.is_image = run.streamed = true;
        const CallToken token = script.call(run);
        script.happens(AppRead{token, an_app(), {}, "display sound"});
        ASSERT_TRUE(script.runs_to(Step::start));
        script.succeeds();
        script.exits();
        ASSERT_TRUE(script.runs_to(Step::collect));
        script.succeeds_with(ExitFacts{code});
        script.runs_to_rest();
        EXPECT_EQ(script.job(script.job_of(token)).message.find("display sound") != std::string::npos, code != 0)
            << script.job(script.job_of(token)).message;
    }
}

TEST(ImagesWishes, ThatAreTakenNeedAYesToGrantsAndNeverGiveTheHostsNetwork) {
    ClientScript script;
    RunRequest run = a_run();
    run.is_image = run.labels = true;
    script.call(run, 1000);
    EXPECT_EQ(std::get<Authorize>(script.effects().at(0)).action, "org.berth.grant");
    const CallToken token = script.call(run);
    AppProfile app = an_app();
    app.network = "host";
    script.happens(AppRead{token, app, {}, {}});
    EXPECT_EQ(script.refusal_to(token).value_or(Refused{}).refusal, Refusal::grant_denied);
    run.network = "host";
    const CallToken said = script.call(run);
    script.happens(AppRead{said, app, {}, {}});
    EXPECT_FALSE(script.refusal_to(said));
    EXPECT_TRUE(script.is_there());
}

TEST(ImagesWishes, AnImageWhoseLabelsWereReadIsNotLookedForAgain) {
    for (const bool seen : {true, false}) {
        ClientScript script;
        RunRequest run = a_run();
        run.is_image = true;
        const CallToken token = script.call(run);
        script.forgets();
        script.happens(AppRead{token, an_app(), {}, {}, seen});
        script.runs_to_rest();
        const std::vector<Step>& taken = script.steps();
        EXPECT_EQ(std::count(taken.begin(), taken.end(), Step::check_image), seen ? 0 : 1);
        EXPECT_EQ(std::count(taken.begin(), taken.end(), Step::start), 1);
    }
}
