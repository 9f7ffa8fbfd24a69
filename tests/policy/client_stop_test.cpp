#include "support/client_script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace berth;
using namespace berth::model;
using berth::test::a_run;
using berth::test::chrome;
using berth::test::ClientScript;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

RunRequest with_streams() {
    RunRequest run = a_run();
    run.streamed = true;
    return run;
}

template <class Kind>
const Kind* last(const ClientScript& script) {
    const Kind* found = nullptr;
    for (const Effect& effect : script.effects()) {
        const auto* const one = std::get_if<Kind>(&effect);
        found = one == nullptr ? found : one;
    }
    return found;
}

} // namespace

TEST(ClientStop, AsksWaitsAsLongAsTheCallerSaysAndKills) {
    ClientScript script;
    script.runs();
    script.forgets();
    const JobId job = script.job_of(script.call(StopRequest{chrome, 1500}));
    ASSERT_NE(last<ArmClientTimer>(script), nullptr);
    EXPECT_EQ(last<ArmClientTimer>(script)->after_ms, 1500);
    script.times_out();
    EXPECT_EQ(script.client().step, Step::kill);
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::stop, Step::kill, Step::collect, Step::remove, Step::close_door));
    EXPECT_EQ(script.job(job).state, JobState::done);
    EXPECT_FALSE(script.is_there());
}

TEST(ClientStop, OfZeroKillsAtOnce) {
    ClientScript script;
    script.runs();
    script.forgets();
    script.call(StopRequest{chrome, 0});
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::kill, Step::collect, Step::remove, Step::close_door));
}

TEST(ClientStop, ThatFollowsAnotherJoinsItAndOfZeroHastensIt) {
    ClientScript script;
    script.runs();
    const JobId first = script.job_of(script.call(StopRequest{chrome, 10'000}));
    EXPECT_EQ(script.job_of(script.call(StopRequest{chrome, 10'000})), first);
    EXPECT_EQ(script.client().step, Step::stop);
    EXPECT_EQ(script.job_of(script.call(StopRequest{chrome, 0})), first);
    EXPECT_EQ(script.client().step, Step::kill);
    script.runs_to_rest();
    EXPECT_THAT(script.world().jobs, IsEmpty());
}

TEST(ClientStop, WithTimeLeavesATearDownThatAsksItsTime) {
    ClientScript script;
    const CallToken run = script.run(with_streams());
    script.runs_to_rest();
    script.call(CancelRequest{script.job_of(run)});
    ASSERT_EQ(script.client().step, Step::stop);
    script.call(StopRequest{chrome, 10'000});
    EXPECT_EQ(script.client().step, Step::stop);
    EXPECT_FALSE(script.client().now);
    script.runs_to_rest();
    EXPECT_THAT(script.world().jobs, IsEmpty());
}

TEST(ClientStop, WhileItsReaderIsSlowEndsTheStreams) {
    ClientScript script;
    const JobId run = script.job_of(script.runs(with_streams()));
    script.exits();
    ASSERT_TRUE(script.runs_to(Step::flush));
    script.call(StopRequest{chrome, 10'000});
    EXPECT_EQ(script.count<EndStreams>(), 1U);
    EXPECT_EQ(script.client().step, Step::remove);
    script.runs_to_rest();
    EXPECT_EQ(script.job(run).exit_code, 3);
}

TEST(ClientStop, WhoseReaderIsSlowWaitsABoundedTimeForIt) {
    ClientScript script;
    const JobId run = script.job_of(script.runs(with_streams()));
    script.call(StopRequest{chrome, 10'000});
    ASSERT_TRUE(script.runs_to(Step::flush));
    ASSERT_NE(last<ArmClientTimer>(script), nullptr);
    EXPECT_EQ(last<ArmClientTimer>(script)->after_ms, 5000);
    script.times_out();
    EXPECT_EQ(script.count<EndStreams>(), 1U);
    script.runs_to_rest();
    EXPECT_FALSE(script.is_there());
    EXPECT_EQ(script.job(run).exit_code, 3) << "the command has not failed";
}

TEST(ClientStop, WhileItComesUpWaitsForTheStepAndUndoesIt) {
    for (const Step step : {Step::check_image, Step::open_door, Step::create, Step::start}) {
        ClientScript script;
        const JobId run = script.job_of(script.run());
        script.runs_to(step);
        script.forgets();
        const JobId stop = script.job_of(script.call(StopRequest{chrome, 10'000}));
        EXPECT_THAT(script.steps(), IsEmpty());
        script.runs_to_rest();
        EXPECT_FALSE(script.is_there());
        EXPECT_EQ(script.job(stop).state, JobState::done);
        EXPECT_EQ(script.job(run).state, step == Step::start ? JobState::done : JobState::cancelled);
    }
}

TEST(ClientStop, TakesTheJobOfAFreezeOrASnapshotOver) {
    ClientScript script;
    script.runs();
    const JobId snapshot = script.job_of(script.call(SnapshotClientRequest{chrome, "saved"}));
    const JobId stop = script.job_of(script.call(StopRequest{chrome, 10'000}));
    EXPECT_EQ(script.job(snapshot).state, JobState::cancelled);
    script.succeeds();
    EXPECT_EQ(script.job(stop).state, JobState::running) << "the snapshot's end is not the stop's";
    script.runs_to_rest();
    EXPECT_EQ(script.job(stop).state, JobState::done);
}

TEST(ClientStop, OfAFrozenOneLetsItGoOnFirst) {
    ClientScript script;
    script.runs();
    script.call(FreezeClientRequest{chrome, true});
    script.succeeds();
    script.forgets();
    script.call(StopRequest{chrome, 10'000});
    EXPECT_EQ(script.client().state, ClientState::ending);
    script.runs_to_rest();
    EXPECT_THAT(script.steps(), ElementsAre(Step::unpause, Step::stop, Step::collect, Step::remove, Step::close_door));
}

TEST(ClientStop, RefusesWhoeverWaitsForTheClient) {
    ClientScript script;
    script.runs();
    const CallToken first = script.call(GrantRequest{chrome, {test::gpu}});
    const CallToken second = script.call(GrantRequest{chrome, {{GrantKind::kvm, {}}}});
    script.call(StopRequest{chrome, 10'000});
    EXPECT_FALSE(script.reply_to(first));
    script.succeeds();
    EXPECT_TRUE(script.reply_to(first)) << "it was given before the end";
    EXPECT_FALSE(script.refusal_to(first));
    EXPECT_EQ(script.refusal_to(second).value_or(Refused{}).refusal, Refusal::client_state);
    EXPECT_THAT(script.world().calls, IsEmpty());
}

TEST(ClientStop, ACancelledRunIsCancelledOnceAndAsksNobodyElse) {
    ClientScript script;
    const JobId job = script.job_of(script.run());
    script.runs_to(Step::create);
    const CallToken first = script.call(CancelRequest{job});
    EXPECT_TRUE(script.reply_to(first));
    EXPECT_FALSE(script.refusal_to(first));
    const CallToken second = script.call(CancelRequest{job});
    EXPECT_EQ(script.refusal_to(second).value_or(Refused{}).refusal, Refusal::job_not_cancellable);
    script.runs_to_rest();
    EXPECT_EQ(script.job(job).state, JobState::cancelled);
    EXPECT_FALSE(script.is_there());
}

TEST(ClientStop, OfSomebodyWhoIsNotThereIsRefused) {
    ClientScript script;
    EXPECT_EQ(script.refusal_to(script.call(StopRequest{chrome, 0})).value_or(Refused{}).refusal,
              Refusal::no_such_client);
}

TEST(ClientStop, AProcessThatSurvivesSigkillDoesNotKeepItsClient) {
    ClientScript script;
    script.runs(with_streams());
    script.call(StopRequest{chrome, 0});
    for (int left = 10; left > 0 && script.is_there(); --left) {
        script.times_out();
    }
    EXPECT_FALSE(script.is_there());
    EXPECT_THAT(script.world().jobs, IsEmpty());
}
