#include "support/client_script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// What a client's seat and berthd's own end are to it.
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
using ::testing::IsEmpty;

namespace {

ClientScript a_client_of_a_desktop(std::vector<Grant> grants) {
    ClientScript script;
    script.desktop_comes();
    script.runs(a_run(), an_app(std::move(grants)));
    script.forgets();
    return script;
}

RunRequest with_its_streams() {
    RunRequest run = a_run();
    run.streamed = true;
    return run;
}

} // namespace

TEST(ClientSeat, AnotherDesktopGivesWhatWasTheEarlierOnesAnewAndOnlyThat) {
    ClientScript script = a_client_of_a_desktop({display, gpu, sound});
    script.desktop_goes();
    EXPECT_EQ(script.client().state, ClientState::running) << "it goes on without a desktop";
    EXPECT_THAT(script.steps(), IsEmpty());
    script.desktop_comes();
    EXPECT_THAT(script.steps(), ElementsAre(Step::give));
    EXPECT_THAT(script.client().pending, ElementsAre(display, sound));
    script.succeeds();
    EXPECT_THAT(script.client().grants, ElementsAre(display, gpu, sound));
    EXPECT_THAT(script.askers(), ElementsAre("berthd", "berthd"));
    EXPECT_EQ(script.client().step, Step::none);
}

TEST(ClientSeat, WhatIsTheSeatsIsNotGivenAnew) {
    ClientScript script = a_client_of_a_desktop({gpu});
    script.desktop_goes();
    script.desktop_comes();
    EXPECT_THAT(script.steps(), IsEmpty());
}

TEST(ClientSeat, AFailureToGiveAnewLeavesTheLeaseAndTheClient) {
    ClientScript script = a_client_of_a_desktop({display});
    script.desktop_goes();
    script.desktop_comes();
    script.fails();
    EXPECT_THAT(script.client().grants, ElementsAre(display));
    EXPECT_THAT(script.records(), ElementsAre("display failed"));
    EXPECT_EQ(script.client().state, ClientState::running);
}

TEST(ClientSeat, AStepInFlightEndsFirst) {
    ClientScript script = a_client_of_a_desktop({display});
    script.call(FreezeClientRequest{chrome, true});
    script.desktop_goes();
    script.desktop_comes();
    EXPECT_EQ(script.client().step, Step::pause);
    script.succeeds();
    EXPECT_EQ(script.client().step, Step::give);
    script.succeeds();
    EXPECT_EQ(script.client().state, ClientState::frozen);
}

TEST(ClientSeat, OneThatComesUpWhileTheDesktopIsAnotherIsGivenThatOnes) {
    ClientScript script;
    script.desktop_comes();
    script.run(a_run(), an_app({display}));
    script.runs_to(Step::create);
    script.desktop_goes();
    script.desktop_comes();
    EXPECT_EQ(script.client().step, Step::create);
    script.runs_to(Step::start);
    script.succeeds();
    EXPECT_EQ(script.client().state, ClientState::running);
    EXPECT_EQ(script.client().step, Step::give) << "its door was made for the desktop that is gone";
}

TEST(ClientSeat, ADesktopThatGoesTakesThoseAlongThatShareItsIpcNamespace) {
    ClientScript script = a_client_of_a_desktop({ipc});
    script.call(DownRequest{test::seat0, false});
    EXPECT_EQ(script.client().state, ClientState::ending);
    script.runs_to_rest();
    EXPECT_FALSE(script.is_there());
}

TEST(ClientSeat, ADesktopThatFreezesTakesNobodyAlong) {
    ClientScript script = a_client_of_a_desktop({ipc});
    script.call(FreezeRequest{test::seat0});
    const Seat seat = script.world().seats.at(test::seat0);
    script.happens(StepFinished{test::seat0, seat.serial, seat.step, {}, {}});
    EXPECT_EQ(script.world().seats.at(test::seat0).state, SeatState::frozen);
    EXPECT_EQ(script.client().state, ClientState::running);
}

TEST(ClientSeat, OneThatStillComesUpGoesWithItsDesktopToo) {
    ClientScript script;
    script.desktop_comes();
    const JobId job = script.job_of(script.run(a_run(), an_app({ipc})));
    script.runs_to(Step::create);
    script.call(DownRequest{test::seat0, false});
    EXPECT_TRUE(script.client().leave_after_step);
    script.runs_to_rest();
    EXPECT_FALSE(script.is_there());
    EXPECT_EQ(script.job(job).state, JobState::cancelled);
}

TEST(ClientShutdown, WithTheHostEndsEveryClientFirst) {
    ClientScript script;
    const JobId job = script.job_of(script.runs(with_its_streams()));
    script.happens(ShutdownRequested{false});
    EXPECT_FALSE(script.exited());
    EXPECT_EQ(script.client().step, Step::stop);
    script.runs_to(Step::flush);
    script.times_out();
    script.runs_to_rest();
    EXPECT_FALSE(script.is_there());
    EXPECT_EQ(script.job(job).exit_code, 3);
    EXPECT_TRUE(script.exited());
}

TEST(ClientShutdown, DoesNotWaitForASlowReaderForEver) {
    ClientScript script;
    script.runs(with_its_streams());
    script.exits();
    script.runs_to(Step::flush);
    script.forgets();
    script.happens(ShutdownRequested{false});
    EXPECT_EQ(script.count<ArmClientTimer>(), 1U);
    script.times_out();
    script.runs_to_rest();
    EXPECT_TRUE(script.exited());
}

TEST(ClientShutdown, LeavesKeptOnesAsTheyAre) {
    ClientScript script;
    RunRequest run = a_run();
    run.keep = true;
    script.runs(run);
    script.exits();
    script.runs_to_rest();
    script.happens(ShutdownRequested{false});
    EXPECT_TRUE(script.exited());
    EXPECT_EQ(script.client().state, ClientState::exited);
}

TEST(ClientShutdown, OfBerthdAloneEndsNobodyAndEveryJob) {
    ClientScript script;
    const JobId run = script.job_of(script.runs(with_its_streams()));
    const JobId exec = script.job_of(script.call(ExecRequest{chrome, {"ls"}, {}, {}, {}, false}));
    script.happens(ShutdownRequested{true});
    EXPECT_TRUE(script.exited());
    EXPECT_EQ(script.client().state, ClientState::running);
    EXPECT_EQ(script.job(run).state, JobState::cancelled);
    EXPECT_EQ(script.job(exec).state, JobState::cancelled);
    EXPECT_THAT(script.world().jobs, IsEmpty());
}

TEST(ClientShutdown, OfBerthdAloneEndsNobodyWhoIsBusyEither) {
    for (const Request& request : std::vector<Request>{GrantRequest{chrome, {gpu}}, FreezeClientRequest{chrome, true},
                                                       SnapshotClientRequest{chrome, "saved"}}) {
        ClientScript script;
        script.runs();
        const CallToken token = script.call(request);
        script.happens(ShutdownRequested{true});
        EXPECT_TRUE(script.exited());
        EXPECT_FALSE(script.client().leave_after_step);
        EXPECT_TRUE(script.reply_to(token));
        script.succeeds(); // comes before the process has gone: the call was refused and is not answered again
        EXPECT_EQ(script.count<Reply>(), 1U + 1U);
    }
}

TEST(ClientShutdown, OfBerthdAloneStillEndsWhoIsComingOrGoing) {
    ClientScript script;
    const JobId job = script.job_of(script.run());
    script.runs_to(Step::create);
    script.happens(ShutdownRequested{true});
    EXPECT_FALSE(script.exited());
    script.runs_to_rest();
    EXPECT_FALSE(script.is_there());
    EXPECT_EQ(script.job(job).state, JobState::cancelled);
    EXPECT_TRUE(script.exited());
}

TEST(ClientShutdown, DoesNotWaitForASlowReaderOfOneWhoseExitCodeIsUnknownEither) {
    ClientScript script;
    script.runs(with_its_streams());
    script.exits();
    script.fails(); // collect
    EXPECT_EQ(script.client().step, Step::flush);
    script.forgets();
    script.happens(ShutdownRequested{false});
    EXPECT_EQ(script.count<ArmClientTimer>(), 1U);
    script.times_out();
    script.runs_to_rest();
    EXPECT_TRUE(script.exited());
}
