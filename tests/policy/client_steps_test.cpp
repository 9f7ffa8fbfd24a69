#include "policy/client_table.hpp"
#include "support/client_script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

using namespace berth;
using namespace berth::model;
using berth::test::a_run;
using berth::test::an_app;
using berth::test::chrome;
using berth::test::ClientScript;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

constexpr std::array coming_up{Step::check_image, Step::open_door, Step::create, Step::attach, Step::start};

RunRequest streamed_on_chrome() {
    RunRequest run = a_run();
    run.streamed = true;
    return run;
}

/// Which steps undo what the steps before `step` and that one may have made.
std::vector<Step> undoing(Step step, bool unsure) {
    std::vector<Step> undone;
    if (step == Step::start) {
        undone.push_back(Step::kill); // it may run all the same
    }
    if (step == Step::attach || step == Step::start || (step == Step::create && unsure)) {
        undone.push_back(Step::remove);
    }
    if (step != Step::check_image && (step != Step::open_door || unsure)) {
        undone.push_back(Step::close_door);
    }
    return undone;
}

} // namespace

TEST(ClientTable, EveryStepHasASentenceAndAStateAndEndsInBoundedTime) {
    Client client;
    for (const policy::ClientRow& row : policy::client_table()) {
        EXPECT_NE(std::string{row.sentence}, "");
        EXPECT_EQ(policy::limit_ms(row.step, client) == 0, row.step == Step::flush);
        EXPECT_EQ(&policy::row_of_client(row.step), &row);
        EXPECT_TRUE(row.next == Step::none || policy::row_of_client(row.next).chain == row.chain);
    }
    EXPECT_EQ(policy::row_of_client(Step::claim_vt).step, Step::none) << "a seat's step is no client's";
}

TEST(ClientTable, AFlushIsLimitedOnceSomebodyWantsTheClientGone) {
    Client client;
    client.state = ClientState::ending;
    client.failure = Failure{Step::none, ErrorCode::failed, "It died"};
    EXPECT_EQ(policy::limit_ms(Step::flush, client), 0);
    client.failure->code = ErrorCode::cancelled;
    EXPECT_EQ(policy::limit_ms(Step::flush, client), 5000);
    client.failure.reset();
    client.work = JobId{1};
    EXPECT_EQ(policy::limit_ms(Step::flush, client), 5000);
}

TEST(ClientSteps, EachOneThatFailsUndoesWhatWasMadeAndTellsWhy) {
    for (const Step step : coming_up) {
        ClientScript script;
        const JobId job = script.job_of(script.run(streamed_on_chrome()));
        ASSERT_TRUE(script.runs_to(step));
        script.forgets();
        script.fails(ErrorCode::image_not_found);
        script.runs_to_rest();
        EXPECT_EQ(script.steps(), undoing(step, false));
        EXPECT_FALSE(script.is_there());
        EXPECT_EQ(script.job(job).state, JobState::failed);
        EXPECT_EQ(script.job(job).error, "ImageNotFound: " + test::failure_of(step).message);
        EXPECT_EQ(script.count<DropStreams>(), 1U);
        EXPECT_EQ(script.count<EndStreams>(), step == Step::start ? 1U : 0U);
    }
}

TEST(ClientSteps, EachOneThatTakesTooLongIsUndoneAsIfItHadBeenDone) {
    for (const Step step : coming_up) {
        ClientScript script;
        const JobId job = script.job_of(script.run(streamed_on_chrome()));
        ASSERT_TRUE(script.runs_to(step));
        script.forgets();
        script.times_out();
        script.runs_to_rest();
        EXPECT_EQ(script.steps(), undoing(step, true));
        EXPECT_FALSE(script.is_there());
        EXPECT_EQ(script.job(job).state, JobState::failed);
        EXPECT_TRUE(script.job(job).error.starts_with("TimedOut")) << script.job(job).error;
    }
}

TEST(ClientSteps, OneThatComesLateIsUndoneThoughTheClientIsNoMore) {
    for (const Step step : {Step::open_door, Step::create}) {
        ClientScript script;
        script.run();
        ASSERT_TRUE(script.runs_to(step));
        script.times_out_for_now();
        script.runs_to_rest();
        ASSERT_FALSE(script.is_there());
        script.forgets();
        script.answers_late();
        script.runs_to_rest();
        EXPECT_THAT(script.steps(), ElementsAre(step == Step::create ? Step::remove : Step::close_door));
        EXPECT_FALSE(script.is_there());
        EXPECT_EQ(script.count<WithdrawClient>(), 1U);
    }
}

TEST(ClientSteps, OneThatComesLateWhileTheClientEndsIsUndoneOnceMoreWhereThatWasPassed) {
    ClientScript script;
    script.run();
    script.runs_to(Step::create);
    script.times_out_for_now();
    ASSERT_TRUE(script.runs_to(Step::close_door));
    script.forgets();
    script.answers_late();
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::remove, Step::close_door));
    EXPECT_FALSE(script.is_there());
}

TEST(ClientSteps, StreamsThatAreConnectedLateAreDisconnected) {
    ClientScript script;
    script.run(streamed_on_chrome());
    script.runs_to(Step::attach);
    script.times_out_for_now();
    script.answers_late();
    EXPECT_THAT(script.effects(), ElementsAre(Effect{EndStreams{chrome}}));
}

TEST(ClientSteps, ADoorThatOpensLateOfAKeptOneThatHasEndedIsClosedAndTheContainerKept) {
    ClientScript script;
    RunRequest run = a_run();
    run.keep = true;
    script.runs(run);
    script.exits();
    script.runs_to_rest();
    script.run(run);
    script.runs_to(Step::open_door);
    script.times_out_for_now();
    script.runs_to_rest();
    ASSERT_EQ(script.client().state, ClientState::exited);
    script.forgets();
    script.answers_late();
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::close_door));
    EXPECT_EQ(script.client().state, ClientState::exited);
    EXPECT_EQ(script.client().container, "c0ffee");
}

TEST(ClientSteps, OneThatComesLateToAnotherOfThatNameIsUndoneWhereThatOneDoesNotGetSoFar) {
    for (const Step step : {Step::open_door, Step::create, Step::attach}) {
        ClientScript script;
        script.run(streamed_on_chrome());
        ASSERT_TRUE(script.runs_to(step));
        script.times_out_for_now();
        script.runs_to_rest();
        script.run(streamed_on_chrome());
        script.forgets();
        script.answers_late();
        EXPECT_EQ(script.client().step, Step::check_image);
        script.fails();
        script.runs_to_rest();
        EXPECT_EQ(std::count(script.steps().begin(), script.steps().end(), Step::remove), step == Step::create ? 1 : 0);
        EXPECT_EQ(std::count(script.steps().begin(), script.steps().end(), Step::close_door),
                  step == Step::open_door ? 1 : 0);
        EXPECT_EQ(script.count<EndStreams>(), step == Step::attach ? 1U : 0U);
    }
}

TEST(ClientSteps, OneThatGetsFartherMakesItsOwn) {
    ClientScript script;
    script.run();
    script.runs_to(Step::create);
    script.times_out_for_now();
    script.runs_to_rest();
    script.run();
    script.forgets();
    script.answers_late();
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::open_door, Step::create, Step::start));
}

TEST(ClientSteps, AFailureOrALateEndOfTheRestChangesNothing) {
    ClientScript script;
    script.run();
    script.runs_to(Step::check_image);
    script.times_out_for_now();
    const World before = script.world();
    script.answers_late();
    EXPECT_EQ(script.world(), before);
    script.happens(ClientStepFinished{ClientId{"nobody"}, StepSerial{3}, Step::create, {}, Failure{}});
    EXPECT_EQ(script.world(), before);
    EXPECT_THAT(script.effects(), IsEmpty());
}

TEST(ClientSteps, ATearDownWhoseStepsFailGoesOnToTheNextAndStillKnowsTheExitCode) {
    ClientScript script;
    const JobId job = script.job_of(script.runs(streamed_on_chrome()));
    script.call(StopRequest{chrome, 5000});
    ASSERT_EQ(script.client().step, Step::stop);
    script.forgets();
    script.fails();
    script.exits();
    script.succeeds();
    script.streams_end();
    script.fails();
    script.times_out();
    EXPECT_THAT(script.steps(), ElementsAre(Step::kill, Step::collect, Step::remove, Step::close_door));
    EXPECT_FALSE(script.is_there());
    EXPECT_EQ(script.job(job).exit_code, 3);
}

TEST(ClientSteps, AnExitCodeThatCannotBeReadIsAFailureOfTheJob) {
    ClientScript script;
    const JobId job = script.job_of(script.runs(streamed_on_chrome()));
    script.exits();
    script.fails(ErrorCode::engine_unavailable);
    script.runs_to_rest();
    EXPECT_EQ(script.job(job).state, JobState::failed);
    EXPECT_TRUE(script.job(job).error.starts_with("EngineUnavailable"));
}

TEST(ClientExits, WhileAStepWaitsForItsEndTheStepEndsFirst) {
    for (const Request& request :
         std::vector<Request>{GrantRequest{chrome, {test::gpu}}, RevokeRequest{chrome, {test::gpu}},
                              FreezeClientRequest{chrome, true}, SnapshotClientRequest{chrome, "saved"}}) {
        ClientScript script;
        script.runs(a_run(), an_app(std::holds_alternative<RevokeRequest>(request) ? std::vector{test::gpu}
                                                                                   : std::vector<Grant>{}));
        const CallToken token = script.call(request);
        script.forgets();
        script.exits();
        EXPECT_THAT(script.steps(), IsEmpty()) << "two steps at once";
        EXPECT_TRUE(script.client().leave_after_step);
        script.runs_to_rest();
        EXPECT_FALSE(script.is_there());
        ASSERT_TRUE(script.reply_to(token));
        EXPECT_FALSE(script.refusal_to(token));
        if (const JobId job = script.job_of(token); job != JobId{0}) {
            EXPECT_EQ(script.job(job).state, JobState::done);
        }
    }
}

TEST(ClientExits, ASnapshotThatFailsMeanwhileIsNotToldAsDone) {
    ClientScript script;
    script.runs();
    const JobId job = script.job_of(script.call(SnapshotClientRequest{chrome, "saved"}));
    script.exits();
    script.fails();
    script.runs_to_rest();
    EXPECT_EQ(script.job(job).state, JobState::failed);
}

TEST(ClientExits, AnotherProcessEndMeansNothing) {
    ClientScript script;
    script.runs();
    const World before = script.world();
    script.happens(ClientExited{chrome, 1});
    script.happens(ClientExited{ClientId{"nobody"}, 4242});
    script.happens(StreamsEnded{chrome});
    script.happens(ClientTimerFired{chrome, script.client().serial});
    EXPECT_EQ(script.world(), before);
}

TEST(ClientExits, OfAFrozenOneIsAnEndAsAnyOther) {
    ClientScript script;
    script.runs();
    script.call(FreezeClientRequest{chrome, true});
    script.succeeds();
    ASSERT_EQ(script.client().state, ClientState::frozen);
    script.forgets();
    script.exits();
    EXPECT_THAT(script.steps(), ElementsAre(Step::collect));
}
