#include "support/client_script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

using namespace berth;
using namespace berth::model;
using berth::test::a_run;
using berth::test::an_app;
using berth::test::chrome;
using berth::test::ClientScript;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

const Leftover alive{"chrome", "c0ffee", 4242, {}, false};
const Leftover dead{"chrome", "c0ffee", 0, {}, false};

/// What a berthd that died knew of a client when `play` had been played.
Client kept_after(const std::function<void(ClientScript&)>& play, bool keep = false) {
    ClientScript script;
    RunRequest run = a_run();
    run.streamed = true;
    run.keep = keep;
    script.run(run, an_app({test::gpu}));
    play(script);
    return script.client();
}

Client kept_running(bool keep = false) {
    return kept_after([](ClientScript& script) { script.runs_to_rest(); }, keep);
}

/// A berthd that starts and finds these.
ClientScript starts_anew(const std::vector<Client>& kept, const std::vector<Leftover>& found) {
    ClientScript script{World{}};
    script.happens(Configured{{test::seat0}, test::a_host()});
    script.forgets();
    script.happens(LeftoversFound{{}, {}, found, kept});
    return script;
}

} // namespace

TEST(ClientAdoption, OneThatIsAliveAsItWasGoesOn) {
    ClientScript script = starts_anew({kept_running()}, {alive});
    EXPECT_EQ(script.client().state, ClientState::running);
    EXPECT_THAT(script.steps(), ElementsAre(Step::adopt));
    EXPECT_EQ(script.count<WatchClient>(), 1U);
    script.succeeds();
    EXPECT_EQ(script.client().step, Step::none);
    EXPECT_THAT(script.client().grants, ElementsAre(test::gpu));
    EXPECT_FALSE(script.client().streams_open) << "its caller's streams have gone with the earlier berthd";
    EXPECT_EQ(script.client().job, std::nullopt);
    script.exits();
    script.runs_to_rest();
    EXPECT_FALSE(script.is_there());
}

TEST(ClientAdoption, WhatCannotBeTakenOverIsToldAndGoesOn) {
    ClientScript script = starts_anew({kept_running()}, {alive});
    script.fails();
    EXPECT_EQ(script.client().state, ClientState::running);
    EXPECT_EQ(script.client().step, Step::none);
}

TEST(ClientAdoption, OneThatIsPausedGoesOnFrozenThoughItsFileSaysItRan) {
    ClientScript script = starts_anew({kept_running()}, {Leftover{"chrome", "c0ffee", 4242, {}, true}});
    EXPECT_EQ(script.client().state, ClientState::frozen);
    script.succeeds();
    EXPECT_EQ(script.client().state, ClientState::frozen);
}

TEST(ClientAdoption, OneOfAnotherInitOrContainerIsEnded) {
    for (const Leftover& other :
         {Leftover{"chrome", "c0ffee", 4243, {}, false}, Leftover{"chrome", "beef", 4242, {}, false}}) {
        ClientScript script = starts_anew({kept_running()}, {other});
        EXPECT_EQ(script.client().state, ClientState::ending);
        EXPECT_EQ(script.client().container, other.container);
        script.runs_to_rest();
        EXPECT_THAT(script.steps(), ElementsAre(Step::kill, Step::collect, Step::remove, Step::close_door));
        EXPECT_FALSE(script.is_there());
    }
}

TEST(ClientAdoption, OneThatDiedMeanwhileIsClearedAway) {
    ClientScript script = starts_anew({kept_running()}, {dead});
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::collect, Step::remove, Step::close_door));
    EXPECT_FALSE(script.is_there());
}

TEST(ClientAdoption, OneWhoseContainerIsNoMoreLosesItsDoorAndNobodyAsksForItsExitCode) {
    ClientScript script = starts_anew({kept_running()}, {});
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::close_door));
    EXPECT_FALSE(script.is_there());
}

TEST(ClientAdoption, AKeptOneThatDiedMeanwhileIsKept) {
    ClientScript script = starts_anew({kept_running(true)}, {dead});
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::collect, Step::close_door));
    EXPECT_EQ(script.client().state, ClientState::exited);
    EXPECT_EQ(script.client().exit_code, 3);
}

TEST(ClientAdoption, AKeptOneThatHadEndedStaysAsItIs) {
    const Client kept = kept_after(
        [](ClientScript& script) {
            script.runs_to_rest();
            script.exits();
            script.runs_to_rest();
        },
        true);
    ASSERT_EQ(kept.state, ClientState::exited);
    ClientScript script = starts_anew({kept}, {dead});
    EXPECT_THAT(script.steps(), IsEmpty());
    EXPECT_EQ(script.client().state, ClientState::exited);
    EXPECT_EQ(script.client().exit_code, 3);
    RunRequest run = a_run();
    run.keep = true;
    script.runs(run);
    EXPECT_EQ(script.client().state, ClientState::running);
    ClientScript gone = starts_anew({kept}, {});
    gone.runs_to_rest();
    EXPECT_FALSE(gone.is_there()) << "somebody has removed its container";
    ClientScript started = starts_anew({kept}, {alive});
    started.runs_to_rest();
    EXPECT_THAT(started.steps(), ElementsAre(Step::kill, Step::close_door)) << "somebody else started it";
    EXPECT_EQ(started.client().state, ClientState::exited);
}

TEST(ClientAdoption, AKeptOneThatWasBeingRunAgainIsKept) {
    const Client kept = kept_after(
        [](ClientScript& script) {
            script.runs_to_rest();
            script.exits();
            script.runs_to_rest();
            RunRequest run = a_run();
            run.keep = true;
            script.run(run);
            script.runs_to(Step::start);
        },
        true);
    for (const Leftover& found : {alive, dead}) {
        ClientScript script = starts_anew({kept}, {found});
        script.runs_to_rest();
        ASSERT_TRUE(script.is_there());
        EXPECT_EQ(script.client().state, ClientState::exited);
        EXPECT_EQ(script.count<RunClientStep>() > 0, true);
        EXPECT_EQ(std::count(script.steps().begin(), script.steps().end(), Step::remove), 0);
    }
}

TEST(ClientAdoption, AContainerThatNobodyKnowsIsEndedAndRemoved) {
    for (const Leftover& found : {alive, dead}) {
        ClientScript script = starts_anew({}, {found});
        script.runs_to_rest();
        EXPECT_FALSE(script.is_there());
        EXPECT_EQ(script.steps().back(), Step::close_door);
        EXPECT_EQ(std::count(script.steps().begin(), script.steps().end(), Step::remove), 1);
        EXPECT_EQ(std::count(script.steps().begin(), script.steps().end(), Step::kill), found.init_pid != 0 ? 1 : 0);
    }
}

TEST(ClientAdoption, OneThatWasComingUpIsUndoneInEveryStep) {
    for (const Step step : {Step::check_image, Step::open_door, Step::create, Step::attach, Step::start}) {
        for (const std::vector<Leftover>& found : {std::vector{alive}, std::vector{dead}, std::vector<Leftover>{}}) {
            const Client kept = kept_after([step](ClientScript& script) { script.runs_to(step); });
            ClientScript script = starts_anew({kept}, found);
            script.runs_to_rest();
            EXPECT_FALSE(script.is_there());
            EXPECT_EQ(script.steps().back(), Step::close_door) << "the door may have been made";
            EXPECT_EQ(std::count(script.steps().begin(), script.steps().end(), Step::remove), found.empty() ? 0 : 1);
        }
    }
}

TEST(ClientAdoption, OneThatWasEndingGoesOnEnding) {
    const Client kept = kept_after([](ClientScript& script) {
        script.runs_to_rest();
        script.call(StopRequest{chrome, 10'000});
    });
    ASSERT_EQ(kept.step, Step::stop);
    ClientScript script = starts_anew({kept}, {alive});
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::kill, Step::collect, Step::remove, Step::close_door));
}

TEST(ClientAdoption, OneThatWasGivenSomethingOrFrozenGoesOnAndForgetsWhoAsked) {
    for (const Request& request :
         std::vector<Request>{GrantRequest{chrome, {{GrantKind::kvm, {}}}}, FreezeClientRequest{chrome, true}}) {
        const Client kept = kept_after([&request](ClientScript& script) {
            script.runs_to_rest();
            script.call(request);
            script.call(GrantRequest{chrome, {{GrantKind::tun, {}}}});
        });
        ASSERT_NE(kept.step, Step::none);
        ClientScript script = starts_anew({kept}, {alive});
        EXPECT_THAT(script.steps(), ElementsAre(Step::adopt));
        script.succeeds();
        EXPECT_EQ(script.client().step, Step::none);
        EXPECT_THAT(script.client().grants, ElementsAre(test::gpu)) << "nobody was told that it has more";
        EXPECT_THAT(script.client().queue, IsEmpty());
        EXPECT_EQ(script.client().work, std::nullopt);
    }
}

TEST(ClientAdoption, OneThatWasToEndAfterItsStepEnds) {
    const Client kept = kept_after([](ClientScript& script) {
        script.runs_to_rest();
        script.call(GrantRequest{chrome, {{GrantKind::kvm, {}}}});
        script.call(StopRequest{chrome, 10'000});
    });
    ASSERT_TRUE(kept.leave_after_step);
    ClientScript script = starts_anew({kept}, {alive});
    EXPECT_EQ(script.client().state, ClientState::ending);
    script.runs_to_rest();
    EXPECT_FALSE(script.is_there());
}

TEST(ClientAdoption, ABerthdThatIsToldToEndMeanwhileTakesOverWhatItMayLeave) {
    for (const bool keeps : {true, false}) {
        ClientScript script{World{}};
        script.happens(Configured{{test::seat0}, test::a_host()});
        script.happens(ShutdownRequested{keeps});
        script.happens(LeftoversFound{{}, {}, {alive}, {kept_running()}});
        EXPECT_EQ(script.client().state, keeps ? ClientState::running : ClientState::ending);
        script.runs_to_rest();
        EXPECT_EQ(script.is_there(), keeps);
        EXPECT_TRUE(script.exited());
    }
}
