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

namespace {

constexpr SelfOpen every_kind[] = {SelfOpen::render_node, SelfOpen::display, SelfOpen::sound, SelfOpen::ipc_namespace};

ClientScript an_opener(std::vector<Grant> grants, std::vector<Grant> may_ask = {}) {
    ClientScript script;
    script.desktop_comes();
    script.runs(a_run(), an_app(std::move(grants), std::move(may_ask)));
    script.forgets();
    return script;
}

CallToken opens_as_itself(ClientScript& script, SelfOpen what) {
    return script.asks(chrome, OpenRequest{chrome, what});
}

Refusal why_not(const ClientScript& script, CallToken token) {
    return script.refusal_to(token).value_or(Refused{Refusal::no_such_job, "it was not refused"}).refusal;
}

} // namespace

TEST(ClientOpens, EachTakesItsOwnLeaseAndNoOther) {
    const std::vector<Grant> needed{gpu, display, sound, ipc};
    for (std::size_t has = 0; has < needed.size(); ++has) {
        ClientScript script = an_opener({needed[has]});
        for (std::size_t asks = 0; asks < needed.size(); ++asks) {
            script.forgets();
            const CallToken token = opens_as_itself(script, every_kind[asks]);
            EXPECT_EQ(script.count<OpenForClient>(), has == asks ? 1U : 0U) << text_of(needed[has]) << " " << asks;
            EXPECT_EQ(why_not(script, token) == Refusal::grant_denied, has != asks);
        }
    }
}

TEST(ClientOpens, OneThatIsOpenIsAnsweredAndRecorded) {
    ClientScript script = an_opener({display});
    const CallToken token = opens_as_itself(script, SelfOpen::display);
    EXPECT_EQ(std::get<OpenForClient>(script.effects().at(0)), (OpenForClient{token, chrome, SelfOpen::display}));
    EXPECT_FALSE(script.reply_to(token)) << "not before it is open";
    script.happens(OpenEnded{token, {}});
    EXPECT_EQ(script.reply_to(token), (Reply{token, {}}));
    EXPECT_THAT(script.records(), ElementsAre("display opened"));
    EXPECT_THAT(script.askers(), ElementsAre("itself"));
    EXPECT_THAT(script.world().calls, IsEmpty());
}

TEST(ClientOpens, OneThatCannotBeOpenedSaysWhy) {
    ClientScript script = an_opener({sound});
    const CallToken token = opens_as_itself(script, SelfOpen::sound);
    const Failure failure{Step::none, ErrorCode::failed, "OpenSound: connect to /run/x/pipewire-0: refused"};
    script.happens(OpenEnded{token, failure});
    EXPECT_EQ(script.reply_to(token), (Reply{token, failure}));
    EXPECT_THAT(script.records(), ElementsAre("sound failed"));
}

TEST(ClientOpens, WhatItMayOnlyAskForIsOpenedAfterItAsked) {
    ClientScript script = an_opener({}, {gpu});
    const CallToken early = opens_as_itself(script, SelfOpen::render_node);
    EXPECT_EQ(why_not(script, early), Refusal::grant_denied);
    EXPECT_THAT(script.refusal_to(early)->message, HasSubstr("by Request first"));
    EXPECT_THAT(script.records(), ElementsAre("gpu denied"));
    script.asks(chrome, GrantRequest{chrome, {gpu}});
    script.succeeds();
    opens_as_itself(script, SelfOpen::render_node);
    EXPECT_EQ(script.count<OpenForClient>(), 1U);
}

TEST(ClientOpens, WhatWasGivenLiveOpensAndWhatWasTakenDoesNot) {
    ClientScript script = an_opener({});
    script.call(GrantRequest{chrome, {gpu}});
    script.succeeds();
    opens_as_itself(script, SelfOpen::render_node);
    EXPECT_EQ(script.count<OpenForClient>(), 1U);
    script.call(RevokeRequest{chrome, {gpu}});
    script.succeeds();
    EXPECT_EQ(why_not(script, opens_as_itself(script, SelfOpen::render_node)), Refusal::grant_denied);
}

TEST(ClientOpens, ALeaseThatIsTakenWhileItIsOpenedOpensNothing) {
    ClientScript script = an_opener({gpu});
    const CallToken token = opens_as_itself(script, SelfOpen::render_node);
    script.call(RevokeRequest{chrome, {gpu}});
    script.succeeds();
    script.happens(OpenEnded{token, {}});
    EXPECT_EQ(why_not(script, token), Refusal::grant_denied);
    EXPECT_THAT(script.records(), ElementsAre("gpu taken", "gpu denied"));
}

TEST(ClientOpens, TheCardsOwnNodesAreNotTheDesktopsPipeWire) {
    ClientScript alsa = an_opener({Grant{GrantKind::sound, "alsa"}, Grant{GrantKind::sound, "pulse"}});
    EXPECT_EQ(why_not(alsa, opens_as_itself(alsa, SelfOpen::sound)), Refusal::grant_denied);
    ClientScript pipewire = an_opener({Grant{GrantKind::sound, "pipewire"}});
    opens_as_itself(pipewire, SelfOpen::sound);
    EXPECT_EQ(pipewire.count<OpenForClient>(), 1U);
}

TEST(ClientOpens, OfADesktopNeedOneThatIsUp) {
    ClientScript script = an_opener({display, gpu});
    script.desktop_goes();
    EXPECT_EQ(why_not(script, opens_as_itself(script, SelfOpen::display)), Refusal::seat_empty);
    opens_as_itself(script, SelfOpen::render_node);
    EXPECT_EQ(script.count<OpenForClient>(), 1U) << "the node is the seat's, with a desktop or without";
}

TEST(ClientOpens, ItsFirstProcessMayCallBeforeTheEngineSaysThatItRuns) {
    ClientScript script;
    script.desktop_comes();
    script.run(a_run(), an_app({display}));
    EXPECT_EQ(why_not(script, opens_as_itself(script, SelfOpen::display)), Refusal::client_state)
        << "it has no door yet";
    ASSERT_TRUE(script.runs_to(Step::start));
    opens_as_itself(script, SelfOpen::display);
    EXPECT_EQ(script.count<OpenForClient>(), 1U);
}

TEST(ClientOpens, AreForTheClientItselfAlone) {
    ClientScript script = an_opener({display});
    const CallToken from_the_bus = script.call(OpenRequest{chrome, SelfOpen::display});
    EXPECT_EQ(why_not(script, from_the_bus), Refusal::not_authorized);
    const CallToken from_another = script.asks(ClientId{"vlc"}, OpenRequest{chrome, SelfOpen::display});
    EXPECT_EQ(why_not(script, from_another), Refusal::not_authorized);
    EXPECT_EQ(script.count<OpenForClient>(), 0U);
}

TEST(ClientOpens, AnEndThatComesFirstIsTheAnswer) {
    ClientScript script = an_opener({display});
    const CallToken ends = opens_as_itself(script, SelfOpen::display);
    script.call(StopRequest{chrome, 0});
    script.runs_to_rest();
    script.happens(OpenEnded{ends, {}});
    EXPECT_EQ(why_not(script, ends), Refusal::no_such_client);
    EXPECT_THAT(script.world().calls, IsEmpty());
    script.happens(OpenEnded{ends, {}});
    script.happens(OpenEnded{CallToken{999}, {}});
    EXPECT_THAT(script.effects(), IsEmpty()) << "nobody waits for it";
}
