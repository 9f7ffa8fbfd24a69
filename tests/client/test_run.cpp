#include "client/run_fixture.hpp"

#include <gmock/gmock.h>

#include <csignal>

namespace berth::testing {

namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class BerthRun : public RunFixture {
  protected:
    /// `berth run app` whose command says "ready" and waits.
    [[nodiscard]] std::vector<std::string> waiting(const std::string& script) const {
        return argv({"run", "app", "sh", "-c", script + "; echo ready; while :; do read x || sleep 0.01; done"});
    }
};

TEST_F(BerthRun, TheCommandsOutputAndExitCodeAreItsOwn) {
    const CommandResult run = berth({"run", "app", "sh", "-c", "echo out; echo err >&2; exit 7"});
    EXPECT_EQ(run.status, 7);
    EXPECT_EQ(run.out, "out\n");
    EXPECT_EQ(run.err, "err\n");
}

TEST_F(BerthRun, ACommandThatSucceedsIsZero) {
    EXPECT_EQ(berth({"run", "app", "true"}).status, 0);
}

TEST_F(BerthRun, ItsInputIsPassedUntilItsEnd) {
    const CommandResult run = run_command(io, in_shell("printf 'one\\ntwo\\n' | \"$@\"", {"run", "app", "sort", "-r"}));
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(run.out, "two\none\n");
}

TEST_F(BerthRun, ClosedStreamsAreNoMistake) {
    const CommandResult run = run_command(io, in_shell("\"$@\" <&-", {"run", "app", "cat"}));
    EXPECT_EQ(run.status, 0) << run.err;
}

TEST_F(BerthRun, TellsEverythingThatWasAskedFor) {
    const CommandResult run = berth(
        {"run", "--grant",  "display,gpu", "--grant=sound", "-e",        "A=1",  "--env=B=x y", "-v",    "/src:/dst:ro",
         "-u",  "1000:100", "-w",          "/tmp",          "--network", "none", "--seat",      "seat0", "--name",
         "n",   "--image",  "img:1",       "true",          "--flag"});
    EXPECT_EQ(run.status, 0) << run.err;
    const auto calls = berthd.calls("Run");
    ASSERT_THAT(calls, SizeIs(1));
    EXPECT_EQ(calls[0].object, "img:1");
    EXPECT_EQ(calls[0].arguments, (nlohmann::json{{"true", "--flag"},
                                                  {{"stdio", true},
                                                   {"image", true},
                                                   {"grants", {"display", "gpu", "sound"}},
                                                   {"environment", {{"A", "1"}, {"B", "x y"}}},
                                                   {"volumes", {"/src:/dst:ro"}},
                                                   {"user", "1000:100"},
                                                   {"workdir", "/tmp"},
                                                   {"network", "none"},
                                                   {"seat", "seat0"},
                                                   {"name", "n"}}}));
}

TEST_F(BerthRun, AnImagesLabelsAreTakenForWhoSaysSoAndOfAnImageAlone) {
    const CommandResult taken = berth({"run", "--labels", "--image", "img", "true"});
    EXPECT_EQ(taken.status, 0) << taken.err;
    EXPECT_EQ(berthd.calls("Run").at(0).arguments.at(1).at("labels"), true);
    const CommandResult profile = berth({"run", "--labels", "app", "true"});
    EXPECT_EQ(profile.status, 125);
    EXPECT_THAT(profile.err, HasSubstr("--image"));
}

TEST_F(BerthRun, WithoutOptionsItSaysNothingBeyondTheStreams) {
    EXPECT_EQ(berth({"run", "app", "--", "true"}).status, 0);
    EXPECT_EQ(berthd.calls("Run").at(0).arguments, (nlohmann::json{{"true"}, {{"stdio", true}}}));
}

TEST_F(BerthRun, AnAppMayBeNamedAsAVerb) {
    EXPECT_EQ(berth({"run", "status", "printf", "%s", "--help"}).out, "--help");
    EXPECT_EQ(berthd.calls("Run").at(0).object, "status");
}

TEST_F(BerthRun, DetachedPrintsTheNameAndReturns) {
    const CommandResult run = berth({"run", "-d", "--keep", "my-box", "app", "cat"});
    EXPECT_EQ(run.status, 0) << run.err;
    EXPECT_EQ(run.out, "my-box\n");
    EXPECT_EQ(berthd.calls("Run").at(0).arguments,
              (nlohmann::json{{"cat"}, {{"stdio", false}, {"name", "my-box"}, {"keep", true}}}));
}

TEST_F(BerthRun, ARefusalIs125WithItsName) {
    berthd.refusals["Run"] = {"BadProfile", "apps/app.json: no such file"};
    for (const bool detached : {false, true}) {
        const CommandResult run = berth(detached ? Strings{"run", "-d", "app"} : Strings{"run", "app"});
        EXPECT_EQ(run.status, 125);
        EXPECT_EQ(run.err, "berth: BadProfile: apps/app.json: no such file\n");
    }
}

TEST_F(BerthRun, ACommandThatIsNotThereIs127AndOneThatCannotRunIs126) {
    for (const bool detached : {false, true}) {
        const Strings run = detached ? Strings{"run", "-d", "app", "nope"} : Strings{"run", "app", "nope"};
        berthd.job_error = "Failed: crun: executable file `nope` not found in $PATH: No such file or directory";
        const CommandResult missing = berth(run);
        EXPECT_EQ(missing.status, 127);
        EXPECT_EQ(missing.err, "berth: " + berthd.job_error + "\n");
        berthd.job_error = "Failed: runc: exec: \"/etc\": permission denied";
        EXPECT_EQ(berth(run).status, 126);
        berthd.job_error = "ImageNotFound: there is no image x";
        EXPECT_EQ(berth(run).status, 125);
    }
}

TEST_F(BerthRun, AWrongUseIs125AndCallsNobody) {
    const std::vector<Strings> wrong{{"run"},
                                     {"run", "--sideways", "app"},
                                     {"run", "-v", "x", "app"},
                                     {"run", "-e", "=x", "app"},
                                     {"run", "-d", "-t", "app"},
                                     {"run", "-t", "--no-tty", "app"},
                                     {"run", "--name", "a", "--keep", "b", "app"},
                                     {"exec"},
                                     {"exec", "box"}};
    for (const Strings& arguments : wrong) {
        const CommandResult result = berth(arguments);
        EXPECT_EQ(result.status, 125) << ::testing::PrintToString(arguments);
        EXPECT_NE(result.err, "");
    }
    EXPECT_THAT(berthd.calls("Run"), SizeIs(0));
    EXPECT_EQ(berth({"run", "--help"}).status, 0);
}

TEST_F(BerthRun, SignalsAreTheClients) {
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2}) {
        RunningCommand run{io, waiting("trap 'exit " + std::to_string(number) + "' " + std::to_string(number))};
        ASSERT_TRUE(run.printed("ready"));
        run.signal(number);
        EXPECT_EQ(run.wait().status, number) << run.err();
        EXPECT_EQ(berthd.calls("Signal").back().arguments, number);
    }
}

TEST_F(BerthRun, ASecondInterruptAtOnceStopsTheClient) {
    RunningCommand run{io, waiting("trap '' INT")};
    ASSERT_TRUE(run.printed("ready"));
    run.signal(SIGINT);
    ASSERT_TRUE(berthd.called("Signal"));
    run.signal(SIGINT);
    const CommandResult ended = run.wait();
    EXPECT_EQ(ended.status, 128 + SIGKILL);
    EXPECT_EQ(berthd.calls("Stop").at(0).arguments, 0);
}

TEST_F(BerthRun, AThirdInterruptLeaves) {
    RunningCommand run{io, waiting("trap '' INT")};
    ASSERT_TRUE(run.printed("ready"));
    berthd.refusals["Stop"] = {"Failed", "the engine hangs"};
    run.signal(SIGINT);
    ASSERT_TRUE(berthd.called("Signal"));
    run.signal(SIGINT);
    ASSERT_TRUE(berthd.called("Stop"));
    run.signal(SIGINT);
    ASSERT_TRUE(run.printed("app-1 goes on"));
    berthd.client("app-1")->become("ending");
}

TEST_F(BerthRun, AnInterruptBeforeTheClientRunsCancels) {
    berthd.prepares = true;
    berthd.refusals["Signal"] = {"InvalidArgument", "it does not run"};
    RunningCommand run{io, argv({"run", "app", "cat"})};
    ASSERT_TRUE(berthd.called("Run"));
    ASSERT_TRUE(run_until(io, [&] { return berthd.client("app-1") != nullptr; }));
    run.signal(SIGINT);
    const CommandResult ended = run.wait();
    EXPECT_EQ(ended.status, 128 + SIGINT);
    EXPECT_EQ(ended.err, "berth: Cancelled: the job was cancelled\n");
    EXPECT_THAT(berthd.calls("Cancel"), SizeIs(1));
}

TEST_F(BerthRun, AnInterruptBeforeTheAnswerCancelsWhenThatComes) {
    berthd.unanswered = true;
    berthd.prepares = true;
    berthd.refusals["Signal"] = {"InvalidArgument", "it does not run"};
    RunningCommand run{io, argv({"run", "app", "cat"})};
    ASSERT_TRUE(berthd.called("Run"));
    run.signal(SIGINT);
    berthd.go_on();
    EXPECT_EQ(run.wait().status, 128 + SIGINT);
    EXPECT_THAT(berthd.calls("Cancel"), SizeIs(1));
}

TEST_F(BerthRun, ASignalBeforeTheAnswerReachesAClientThatRuns) {
    berthd.unanswered = true;
    RunningCommand run{io, waiting("trap 'exit 5' TERM")};
    ASSERT_TRUE(berthd.called("Run"));
    run.signal(SIGUSR1);
    berthd.go_on();
    ASSERT_TRUE(berthd.called("Signal"));
    EXPECT_EQ(berthd.calls("Signal").at(0).arguments, SIGUSR1);
    EXPECT_THAT(berthd.calls("Cancel"), SizeIs(0));
    run.signal(SIGTERM);
    run.wait();
}

TEST_F(BerthRun, ABerthdThatGoesLeavesTheClient) {
    RunningCommand run{io, waiting("trap '' HUP")};
    ASSERT_TRUE(run.printed("ready"));
    berthd.leave();
    ASSERT_TRUE(run.printed("app-1 goes on\n"));
    EXPECT_THAT(run.err(), HasSubstr("berth: Failed: berthd left the bus; app-1 goes on\n"));
    berthd.signal(*berthd.client("app-1"), SIGKILL);
    EXPECT_EQ(run.wait().status, 125);
}

TEST_F(BerthRun, ABusThatGoesLeavesTheClientToo) {
    RunningCommand run{io, waiting("trap '' USR1")};
    ASSERT_TRUE(run.printed("ready"));
    run.signal(SIGUSR1);
    ASSERT_TRUE(berthd.called("Signal")) << "it knows the client by now";
    bus.kill();
    EXPECT_TRUE(run.printed("app-1 goes on\n"));
    berthd.signal(*berthd.client("app-1"), SIGKILL);
    EXPECT_EQ(run.wait().status, 125);
}

} // namespace

} // namespace berth::testing
