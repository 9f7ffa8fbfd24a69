#include "support/client_script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace berth;
using namespace berth::model;
using berth::test::a_run;
using berth::test::an_app;
using berth::test::chrome;
using berth::test::ClientScript;
using berth::test::display;
using berth::test::gpu;
using berth::test::ipc;
using berth::test::sound;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

namespace {

const Grant kvm{GrantKind::kvm, {}};
const Grant host{GrantKind::host, {}};

/// A client that has `grants`, on a seat with a desktop.
ClientScript a_client_with(std::vector<Grant> grants, std::vector<Grant> may_ask = {}) {
    ClientScript script;
    script.desktop_comes();
    script.runs(a_run(), an_app(std::move(grants), std::move(may_ask)));
    script.forgets();
    return script;
}

std::optional<Failure> failure_in(const std::optional<Reply>& reply) {
    const auto* const failure = reply ? std::get_if<Failure>(&reply->answer) : nullptr;
    return failure == nullptr ? std::nullopt : std::optional{*failure};
}

std::map<std::string, std::string> environment_in(const std::optional<Reply>& reply) {
    using Environment = std::map<std::string, std::string>;
    const auto* const environment = reply ? std::get_if<Environment>(&reply->answer) : nullptr;
    return environment == nullptr ? Environment{} : *environment;
}

} // namespace

TEST(ClientGrants, OfTheProfileAreRecordedWhenItRuns) {
    ClientScript script;
    script.desktop_comes();
    script.run(a_run(), an_app({display, gpu}));
    EXPECT_THAT(script.records(), IsEmpty());
    script.runs_to_rest();
    EXPECT_THAT(script.records(), ElementsAre("display given", "gpu given"));
    EXPECT_THAT(script.client().grants, ElementsAre(display, gpu));
}

TEST(ClientGrants, OneThatIsGivenIsALeaseAndItsCallerIsToldTheEnvironment) {
    ClientScript script = a_client_with({display});
    const CallToken token = script.call(GrantRequest{chrome, {gpu}});
    EXPECT_EQ(script.client().step, Step::give);
    EXPECT_THAT(script.client().pending, ElementsAre(gpu));
    EXPECT_THAT(script.client().grants, ElementsAre(display)) << "no lease before it is given";
    EXPECT_FALSE(script.reply_to(token));
    script.succeeds();
    EXPECT_THAT(script.client().grants, ElementsAre(display, gpu));
    EXPECT_THAT(environment_in(script.reply_to(token)),
                UnorderedElementsAre(std::pair{"HAS_display", "1"}, std::pair{"HAS_gpu", "1"}));
    EXPECT_THAT(script.records(), ElementsAre("gpu given"));
    EXPECT_THAT(script.askers(), ElementsAre("uid 0 (:1.7)"));
    EXPECT_THAT(script.world().calls, IsEmpty());
}

TEST(ClientGrants, OneThatIsTakenIsNoLeaseWhateverBecameOfItsEffect) {
    for (const bool works : {true, false}) {
        ClientScript script = a_client_with({display, gpu});
        const CallToken token = script.call(RevokeRequest{chrome, {display}});
        works ? script.succeeds() : script.fails();
        EXPECT_THAT(script.client().grants, ElementsAre(gpu));
        EXPECT_EQ(failure_in(script.reply_to(token)).has_value(), !works);
        EXPECT_THAT(script.records(), ElementsAre("display taken"));
        EXPECT_EQ(script.client().state, ClientState::running);
    }
}

TEST(ClientGrants, ARevokeThatFailedCanBeRepeated) {
    ClientScript script = a_client_with({display});
    script.call(RevokeRequest{chrome, {display}});
    script.fails();
    script.forgets();
    const CallToken again = script.call(RevokeRequest{chrome, {display}});
    EXPECT_THAT(script.steps(), ElementsAre(Step::take)) << "what is still shown is taken, lease or not";
    script.succeeds();
    EXPECT_EQ(failure_in(script.reply_to(again)), std::nullopt);
    script.forgets();
    script.call(RevokeRequest{chrome, {display}});
    EXPECT_THAT(script.steps(), IsEmpty());
}

TEST(ClientGrants, WhatItHasIsPassedOverAndNothingToDoIsAnsweredAtOnce) {
    ClientScript script = a_client_with({display});
    const CallToken both = script.call(GrantRequest{chrome, {display, gpu, gpu}});
    EXPECT_THAT(script.client().pending, ElementsAre(gpu));
    script.succeeds();
    EXPECT_TRUE(script.reply_to(both));
    script.forgets();
    const CallToken none = script.call(GrantRequest{chrome, {display, gpu}});
    EXPECT_THAT(script.steps(), IsEmpty());
    EXPECT_EQ(environment_in(script.reply_to(none)).size(), 2U);
    const CallToken absent = script.call(RevokeRequest{chrome, {kvm}});
    EXPECT_THAT(script.steps(), IsEmpty());
    EXPECT_EQ(script.reply_to(absent).value_or(Reply{}), (Reply{absent, {}}));
    EXPECT_THAT(script.world().calls, IsEmpty());
}

TEST(ClientGrants, AFailureIsToldAsItIsAndLeavesNoLease) {
    ClientScript script = a_client_with({});
    const CallToken token = script.call(GrantRequest{chrome, {gpu}});
    script.fails(ErrorCode::engine_unavailable);
    EXPECT_EQ(failure_in(script.reply_to(token)), test::failure_of(Step::give, ErrorCode::engine_unavailable));
    EXPECT_THAT(script.client().grants, IsEmpty());
    EXPECT_EQ(script.client().state, ClientState::running);
    EXPECT_THAT(script.records(), ElementsAre("gpu failed"));
}

TEST(ClientGrants, OneThatIsGivenLateIsTakenAgain) {
    ClientScript script = a_client_with({display});
    const CallToken token = script.call(GrantRequest{chrome, {gpu}});
    script.times_out_for_now();
    EXPECT_EQ(failure_in(script.reply_to(token)).value_or(Failure{}).code, ErrorCode::timed_out);
    script.forgets();
    script.answers_late();
    EXPECT_THAT(script.steps(), ElementsAre(Step::take));
    EXPECT_THAT(script.client().pending, ElementsAre(gpu));
    EXPECT_TRUE(script.client().door->parts.contains("gpu")) << "what it made must be known to be taken";
    script.succeeds();
    EXPECT_FALSE(script.client().door->parts.contains("gpu"));
    script.runs_to_rest();
    EXPECT_THAT(script.client().grants, ElementsAre(display));
    EXPECT_EQ(script.client().state, ClientState::running);
}

TEST(ClientGrants, ALateOneIsTakenAfterTheStepInFlightAndOnlyOnceWhereThatFails) {
    ClientScript script = a_client_with({});
    script.call(GrantRequest{chrome, {gpu}});
    script.times_out_for_now();
    script.call(FreezeClientRequest{chrome, true});
    script.forgets();
    script.answers_late();
    EXPECT_THAT(script.steps(), IsEmpty()) << "two steps at once";
    script.succeeds();
    EXPECT_THAT(script.steps(), ElementsAre(Step::take));
    script.fails();
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::take));
    EXPECT_EQ(script.client().step, Step::none);
}

TEST(ClientGrants, ALateOneThatWasGivenMeanwhileStays) {
    ClientScript script = a_client_with({});
    script.call(GrantRequest{chrome, {gpu}});
    script.times_out_for_now();
    script.call(GrantRequest{chrome, {gpu}});
    script.succeeds();
    script.forgets();
    script.answers_late();
    EXPECT_THAT(script.steps(), IsEmpty());
    EXPECT_THAT(script.client().grants, ElementsAre(gpu));
}

TEST(ClientGrants, ALateOneOfWhatIsBeingTakenIsTakenOnceMore) {
    ClientScript script = a_client_with({});
    script.call(GrantRequest{chrome, {gpu}});
    script.times_out_for_now();
    script.call(GrantRequest{chrome, {gpu}});
    script.succeeds();
    const CallToken take = script.call(RevokeRequest{chrome, {gpu}});
    script.forgets();
    script.answers_late();
    EXPECT_THAT(script.steps(), ElementsAre(Step::take));
    EXPECT_FALSE(script.reply_to(take));
    script.succeeds();
    EXPECT_TRUE(script.reply_to(take));
    EXPECT_THAT(script.client().grants, IsEmpty());
    EXPECT_EQ(script.client().step, Step::none);
}

TEST(ClientGrants, CallsWaitForTheirTurnInOrder) {
    ClientScript script = a_client_with({display});
    const CallToken first = script.call(GrantRequest{chrome, {gpu}});
    const CallToken second = script.call(RevokeRequest{chrome, {gpu, display}});
    const CallToken third = script.call(GrantRequest{chrome, {kvm}});
    EXPECT_EQ(script.client().queue.size(), 2U);
    script.succeeds();
    EXPECT_TRUE(script.reply_to(first));
    EXPECT_EQ(script.client().step, Step::take);
    EXPECT_THAT(script.client().pending, ElementsAre(gpu, display));
    script.succeeds();
    EXPECT_TRUE(script.reply_to(second));
    EXPECT_FALSE(script.reply_to(third));
    script.succeeds();
    EXPECT_TRUE(script.reply_to(third));
    EXPECT_THAT(script.client().grants, ElementsAre(kvm));
    EXPECT_THAT(script.world().calls, IsEmpty());
}

TEST(ClientGrants, WhoeverWaitsBehindAnotherStepIsServedAfterIt) {
    ClientScript script = a_client_with({});
    script.call(FreezeClientRequest{chrome, true});
    const CallToken token = script.call(GrantRequest{chrome, {gpu}});
    script.succeeds();
    EXPECT_EQ(script.client().step, Step::give);
    script.succeeds();
    EXPECT_TRUE(script.reply_to(token));
    EXPECT_EQ(script.client().state, ClientState::frozen);
}

TEST(ClientGrants, WhatIsNotPossibleAnyMoreIsRefusedWhenItsTurnComes) {
    ClientScript script = a_client_with({});
    script.call(GrantRequest{chrome, {gpu}});
    const CallToken waiting = script.call(GrantRequest{chrome, {display}});
    script.desktop_goes();
    script.succeeds();
    EXPECT_EQ(script.refusal_to(waiting).value_or(Refused{}).refusal, Refusal::seat_empty);
    EXPECT_EQ(script.client().step, Step::none);
    EXPECT_THAT(script.records(), ElementsAre("gpu given", "display denied"));
}

TEST(ClientGrants, AClientMayHaveWhatItsProfileSaysAndAskForNoMore) {
    ClientScript script = a_client_with({display}, {sound});
    const CallToken may = script.asks(chrome, GrantRequest{chrome, {sound}});
    EXPECT_EQ(script.client().step, Step::give) << "nobody is asked: the profile has said yes";
    script.succeeds();
    EXPECT_FALSE(script.refusal_to(may));
    EXPECT_THAT(script.askers(), ElementsAre("itself"));
    const CallToken denied = script.asks(chrome, GrantRequest{chrome, {gpu}});
    EXPECT_EQ(script.refusal_to(denied).value_or(Refused{}).refusal, Refusal::grant_denied);
    EXPECT_THAT(script.refusal_to(denied).value_or(Refused{}).message, HasSubstr("may ask for sound"));
    EXPECT_THAT(script.records(), ElementsAre("sound given", "gpu denied"));
    script.asks(chrome, RevokeRequest{chrome, {display, sound}});
    script.succeeds();
    EXPECT_THAT(script.client().grants, IsEmpty());
    script.asks(chrome, GrantRequest{chrome, {display}});
    EXPECT_EQ(script.client().step, Step::give) << "what it gave back it may have again";
}

TEST(ClientGrants, AUserWhoMayNotIsRecordedAsDenied) {
    ClientScript script = a_client_with({});
    const CallToken token = script.call(GrantRequest{chrome, {gpu, kvm}}, 1000);
    script.happens(Authorized{token, false, "not you"});
    EXPECT_THAT(script.records(), ElementsAre("gpu, kvm denied"));
    EXPECT_THAT(script.askers(), ElementsAre("uid 1000 (:1.7)"));
    EXPECT_THAT(script.client().grants, IsEmpty());
}

TEST(ClientGrants, KindsThatLastAsLongAsTheContainerAreNeitherGivenNorTakenLive) {
    ClientScript script = a_client_with({ipc});
    for (const Grant& grant : {ipc, host}) {
        if (grant != ipc) {
            EXPECT_EQ(script.refusal_to(script.call(GrantRequest{chrome, {grant}})).value_or(Refused{}).refusal,
                      Refusal::invalid_argument);
        }
        EXPECT_EQ(script.refusal_to(script.call(RevokeRequest{chrome, {grant}})).value_or(Refused{}).refusal,
                  Refusal::invalid_argument);
    }
    EXPECT_THAT(script.client().grants, ElementsAre(ipc));
}

TEST(ClientGrants, OfADesktopNeedOneThatIsUp) {
    ClientScript script;
    script.runs();
    const CallToken token = script.call(GrantRequest{chrome, {gpu, display}});
    EXPECT_EQ(script.refusal_to(token).value_or(Refused{}).refusal, Refusal::seat_empty);
    EXPECT_THAT(script.records(), ElementsAre("gpu, display denied"));
}

TEST(ClientGrants, AreGivenToNobodyWhoDoesNotRun) {
    ClientScript script;
    script.run();
    EXPECT_EQ(script.refusal_to(script.call(GrantRequest{chrome, {gpu}})).value_or(Refused{}).refusal,
              Refusal::client_state);
    EXPECT_EQ(script.refusal_to(script.call(RevokeRequest{chrome, {gpu}})).value_or(Refused{}).refusal,
              Refusal::client_state);
}
