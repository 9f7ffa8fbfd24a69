#include "policy/call_rules.hpp"
#include "policy/client_calls.hpp"
#include "support/client_script.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

using namespace berth;
using namespace berth::model;
using berth::test::a_run;
using berth::test::chrome;
using berth::test::ClientScript;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

namespace {

RunRequest run_with(void (*wish)(RunRequest&)) {
    RunRequest run = a_run();
    wish(run);
    return run;
}

ExecRequest exec_of(std::vector<std::string> argv) {
    return ExecRequest{chrome, std::move(argv), {}, {}, {}, true};
}

std::optional<Refusal> refusal_of_call(ClientScript& script, const Request& request) {
    const World before = script.world();
    const auto refused = script.refusal_to(script.call(request));
    if (refused) {
        EXPECT_EQ(script.world(), before) << "a refusal changes nothing";
    }
    return refused ? std::optional{refused->refusal} : std::nullopt;
}

ClientScript a_running_client() {
    ClientScript script;
    script.runs();
    return script;
}

ClientScript a_frozen_client() {
    ClientScript script = a_running_client();
    script.call(FreezeClientRequest{chrome, true});
    script.succeeds();
    return script;
}

} // namespace

TEST(ClientActions, EachRequestIsAskedAboutByItsOwn) {
    const std::vector<std::pair<Request, std::string>> expected{
        {a_run(), "org.berth.run"},
        {run_with([](RunRequest& run) { run.grants = {test::display}; }), "org.berth.grant"},
        {run_with([](RunRequest& run) {
             run.grants = {test::display, {GrantKind::host, {}}};
         }),
         "org.berth.grant-host"},
        {run_with([](RunRequest& run) {
             run.volumes = {{"/", "/host", true}};
         }),
         "org.berth.grant-host"},
        {run_with([](RunRequest& run) { run.network = "host"; }), "org.berth.grant-host"},
        {run_with([](RunRequest& run) { run.network = "bridge"; }), "org.berth.run"},
        {StopRequest{chrome, 0}, "org.berth.run"},
        {FreezeClientRequest{chrome, true}, "org.berth.run"},
        {SnapshotClientRequest{chrome, "saved"}, "org.berth.images"},
        {GrantRequest{chrome, {test::display}}, "org.berth.grant"},
        {RevokeRequest{chrome, {test::display}}, "org.berth.run"},
        {exec_of({"ls"}), "org.berth.run"},
        {LogsRequest{chrome, false, 0}, "org.berth.run"},
        {SignalRequest{chrome, 15}, "org.berth.run"},
        {ResizeRequest{JobId{1}, 24, 80}, ""},
    };
    for (const auto& [request, action] : expected) {
        EXPECT_TRUE(policy::is_about_clients(request));
        EXPECT_EQ(policy::client_action_of(request), action) << request.index();
        EXPECT_EQ(policy::action_of(request), action) << request.index();
    }
    EXPECT_FALSE(policy::is_about_clients(DownRequest{test::seat0, false}));
    EXPECT_FALSE(policy::is_about_clients(CancelRequest{JobId{1}}));
}

TEST(ClientCalls, AUserIsAskedAboutBeforeAnythingHappens) {
    for (const Request& request :
         std::vector<Request>{StopRequest{chrome, 0}, FreezeClientRequest{chrome, true}, exec_of({"ls"}),
                              GrantRequest{chrome, {test::gpu}}, SignalRequest{chrome, 15}}) {
        ClientScript script = a_running_client();
        const CallToken token = script.call(request, 1000);
        EXPECT_THAT(script.effects(),
                    ElementsAre(Effect{Authorize{token, Caller{":1.7", 1000}, policy::action_of(request)}}));
        const Client before = script.client();
        script.happens(Authorized{token, false, "not you"});
        EXPECT_EQ(script.refusal_to(token), (Refused{Refusal::not_authorized, "not you"}));
        EXPECT_EQ(script.client(), before);
    }
}

TEST(ClientCalls, AClientSpeaksForItselfAndOfItsGrantsAlone) {
    ClientScript script;
    script.runs(a_run(ClientId{"other"}));
    script.plays_on(ClientId{"other"});
    script.runs_to_rest();
    script.plays_on(chrome);
    script.runs();
    for (const Request& request :
         std::vector<Request>{StopRequest{chrome, 0}, exec_of({"sh"}), a_run(ClientId{"third"}),
                              GrantRequest{ClientId{"other"}, {test::gpu}}, SignalRequest{chrome, 9},
                              RevokeRequest{ClientId{"other"}, {test::gpu}}, FreezeClientRequest{chrome, true}}) {
        EXPECT_EQ(script.refusal_to(script.asks(chrome, request)).value_or(Refused{}).refusal, Refusal::not_authorized);
    }
}

TEST(ClientInPlace, FreezeAndThawGoBackAndForthWithAJobEach) {
    ClientScript script = a_running_client();
    const JobId freeze = script.job_of(script.call(FreezeClientRequest{chrome, true}));
    EXPECT_EQ(script.client().step, Step::pause);
    script.succeeds();
    EXPECT_EQ(script.client().state, ClientState::frozen);
    EXPECT_EQ(script.job(freeze).state, JobState::done);
    const JobId thaw = script.job_of(script.call(FreezeClientRequest{chrome, false}));
    script.succeeds();
    EXPECT_EQ(script.client().state, ClientState::running);
    EXPECT_EQ(script.job(thaw).state, JobState::done);
    EXPECT_EQ(script.job(thaw).kind, JobKind::thaw);
}

TEST(ClientInPlace, AFreezeThatFailsLeavesItRunningAndOneThatTakesTooLongCountsAsFrozen) {
    ClientScript fails = a_running_client();
    const JobId job = fails.job_of(fails.call(FreezeClientRequest{chrome, true}));
    fails.fails();
    EXPECT_EQ(fails.client().state, ClientState::running);
    EXPECT_EQ(fails.job(job).state, JobState::failed);
    ClientScript hangs = a_running_client();
    hangs.call(FreezeClientRequest{chrome, true});
    hangs.times_out();
    EXPECT_EQ(hangs.client().state, ClientState::frozen) << "what may be paused must be let go on before it can end";
}

TEST(ClientInPlace, WhatSomebodyElseFreezesIsSeenAndItsOwnFreezeIsNotMistakenForThat) {
    ClientScript script = a_running_client();
    script.happens(ClientPausedChanged{chrome, 4242, true});
    EXPECT_EQ(script.client().state, ClientState::frozen);
    script.happens(ClientPausedChanged{chrome, 4242, false});
    EXPECT_EQ(script.client().state, ClientState::running);
    script.call(SnapshotClientRequest{chrome, "saved"});
    script.happens(ClientPausedChanged{chrome, 4242, true});
    EXPECT_EQ(script.client().state, ClientState::running) << "an engine pauses what it saves";
    script.happens(ClientPausedChanged{chrome, 1, true});
    script.happens(ClientPausedChanged{ClientId{"nobody"}, 1, true});
    EXPECT_FALSE(script.client().paused);
}

TEST(ClientInPlace, EachHasItsStateAndWaitsForNone) {
    ClientScript running = a_running_client();
    EXPECT_EQ(refusal_of_call(running, FreezeClientRequest{chrome, false}), Refusal::client_state);
    EXPECT_EQ(refusal_of_call(running, SnapshotClientRequest{chrome, ""}), Refusal::invalid_argument);
    ClientScript frozen = a_frozen_client();
    EXPECT_EQ(refusal_of_call(frozen, FreezeClientRequest{chrome, true}), Refusal::client_state);
    EXPECT_EQ(refusal_of_call(frozen, exec_of({"ls"})), Refusal::client_state);
    EXPECT_EQ(refusal_of_call(frozen, SnapshotClientRequest{chrome, "saved"}), std::nullopt);
    EXPECT_EQ(refusal_of_call(frozen, FreezeClientRequest{chrome, false}), Refusal::client_state) << "it is busy";
    EXPECT_EQ(refusal_of_call(frozen, SnapshotClientRequest{chrome, "again"}), Refusal::client_state);
}

TEST(ClientInPlace, ASnapshotOfAFrozenOneLeavesItFrozen) {
    ClientScript script = a_frozen_client();
    const JobId job = script.job_of(script.call(SnapshotClientRequest{chrome, "saved"}));
    script.succeeds();
    EXPECT_EQ(script.client().state, ClientState::frozen);
    EXPECT_EQ(script.job(job).state, JobState::done);
}

TEST(ClientExec, HasAJobOfItsOwnThatEndsWithItsExitCode) {
    ClientScript script = a_running_client();
    const CallToken token = script.call(exec_of({"ls", "/"}));
    const JobId job = script.job_of(token);
    EXPECT_EQ(script.count<RunExec>(), 1U);
    script.happens(ExecEnded{job, 7, {}});
    EXPECT_EQ(script.job(job).state, JobState::done);
    EXPECT_EQ(script.job(job).exit_code, 7);
    script.happens(ExecEnded{job, 7, {}});
    EXPECT_THAT(script.effects(), IsEmpty()) << "a job ends once";
}

TEST(ClientExec, ThatCannotBeRunFailsAndOneWithoutACommandIsRefused) {
    ClientScript script = a_running_client();
    EXPECT_EQ(refusal_of_call(script, exec_of({})), Refusal::invalid_argument);
    EXPECT_EQ(refusal_of_call(script, exec_of({""})), Refusal::invalid_argument);
    const JobId job = script.job_of(script.call(exec_of({"nonsense"})));
    script.happens(ExecEnded{job, -1, test::failure_of(Step::none)});
    EXPECT_EQ(script.job(job).state, JobState::failed);
}

TEST(ClientExec, OutlivesItsClientByItsOwnEndAlone) {
    ClientScript script = a_running_client();
    const JobId job = script.job_of(script.call(exec_of({"sleep"})));
    script.exits();
    script.runs_to_rest();
    EXPECT_FALSE(script.is_there());
    EXPECT_EQ(script.job(job).state, JobState::running);
    script.happens(ExecEnded{job, 137, {}});
    EXPECT_THAT(script.world().jobs, IsEmpty());
}

TEST(ClientExec, TheEndOfAnotherKindOfJobIsNoneOfIts) {
    ClientScript script;
    RunRequest run = a_run();
    run.streamed = true;
    const JobId job = script.job_of(script.runs(run));
    script.happens(ExecEnded{job, 0, {}});
    EXPECT_TRUE(script.world().jobs.contains(job));
}

TEST(ClientLogs, AreThereAsSoonAsThereIsAContainer) {
    ClientScript script;
    script.run();
    EXPECT_EQ(refusal_of_call(script, LogsRequest{chrome, true, 5}), Refusal::client_state);
    script.runs_to_rest();
    const JobId job = script.job_of(script.call(LogsRequest{chrome, true, 5}));
    EXPECT_EQ(script.count<RunLogs>(), 1U);
    EXPECT_EQ(script.job(job).kind, JobKind::logs);
    script.happens(ExecEnded{job, 0, {}});
    EXPECT_EQ(script.job(job).state, JobState::done);
}

TEST(ClientSignal, MustBeOneAndNeedsAProcess) {
    ClientScript script;
    script.run();
    EXPECT_EQ(refusal_of_call(script, SignalRequest{chrome, 15}), Refusal::client_state);
    script.runs_to_rest();
    EXPECT_EQ(refusal_of_call(script, SignalRequest{chrome, 0}), Refusal::invalid_argument);
    EXPECT_EQ(refusal_of_call(script, SignalRequest{chrome, SIGRTMAX + 1}), Refusal::invalid_argument);
    EXPECT_EQ(refusal_of_call(script, SignalRequest{chrome, SIGUSR1}), std::nullopt);
    EXPECT_EQ(script.effects().front(), (Effect{SignalClient{chrome, SIGUSR1}}));
}

TEST(ClientResize, IsItsOwnersAndRootsAlone) {
    ClientScript script;
    RunRequest run = a_run();
    run.streamed = run.terminal = true;
    const JobId job = script.job_of(script.runs(run)); // by root, ":1.7"
    script.call(ResizeRequest{job, 30, 90}, 1000);
    EXPECT_EQ(script.effects().front(), (Effect{ResizeTerminal{job, chrome, 30, 90}})) << "the same connection";
    script.happens(Called{CallToken{900}, Caller{":1.8", 1000}, ResizeRequest{job, 30, 90}});
    EXPECT_EQ(script.refusal_to(CallToken{900}).value_or(Refused{}).refusal, Refusal::not_authorized);
    script.happens(Called{CallToken{901}, Caller{":1.8", 0}, ResizeRequest{job, 31, 90}});
    EXPECT_EQ(script.effects().front(), (Effect{ResizeTerminal{job, chrome, 31, 90}}));
}

TEST(ClientResize, NeedsAJobWithATerminalAndASize) {
    ClientScript script = a_running_client();
    const JobId exec = script.job_of(script.call(exec_of({"sh"})));
    EXPECT_EQ(refusal_of_call(script, ResizeRequest{exec, 24, 80}), std::nullopt);
    EXPECT_EQ(script.effects().front(), (Effect{ResizeTerminal{exec, ClientId{}, 24, 80}}));
    EXPECT_EQ(refusal_of_call(script, ResizeRequest{exec, 0, 80}), Refusal::invalid_argument);
    EXPECT_EQ(refusal_of_call(script, ResizeRequest{exec, 24, 70'000}), Refusal::invalid_argument);
    EXPECT_EQ(refusal_of_call(script, ResizeRequest{JobId{99}, 24, 80}), Refusal::no_such_job);
    const JobId logs = script.job_of(script.call(LogsRequest{chrome, false, 0}));
    EXPECT_EQ(refusal_of_call(script, ResizeRequest{logs, 24, 80}), Refusal::no_such_job);
}

TEST(ClientCalls, AreRefusedWhereTheClientIsNotThere) {
    ClientScript script;
    for (const Request& request : std::vector<Request>{
             FreezeClientRequest{chrome, true}, SnapshotClientRequest{chrome, "saved"}, GrantRequest{chrome, {}},
             RevokeRequest{chrome, {}}, exec_of({"ls"}), LogsRequest{chrome, false, 0}, SignalRequest{chrome, 15}}) {
        EXPECT_EQ(refusal_of_call(script, request), Refusal::no_such_client);
    }
}
