#include "client/run_fixture.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <cstdint>
#include <ctime>

namespace berth::testing {

namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class BerthClients : public RunFixture {
  protected:
    FakeClient& box(const std::string& state = "running") {
        ClientFacts facts;
        facts.name = "my-box";
        facts.app = "box";
        facts.command = {"sleep", "infinity"};
        facts.state = state;
        facts.grants = {"display", "usb:046d:c52b"};
        facts.environment = {{"DISPLAY", ":0"}, {"WAYLAND_DISPLAY", "wayland-0"}};
        return berthd.add_client(facts);
    }
};

TEST_F(BerthClients, PsOfNoneIsTheHeader) {
    const CommandResult ps = berth({"ps"});
    EXPECT_EQ(ps.status, 0) << ps.err;
    EXPECT_EQ(ps.out, "NAME  APP  STATE  SINCE  GRANTS  COMMAND\n");
    EXPECT_EQ(berth({"ps", "--json"}).out, "[]\n");
}

TEST_F(BerthClients, PsShowsWhatTheyAreInColumns) {
    box();
    ClientFacts ended;
    ended.name = "z";
    ended.state = "exited";
    ended.exit_code = 3;
    ended.since = 0;
    berthd.add_client(ended);
    const CommandResult ps = run_command(io, argv({"ps"}), {{"TZ", "UTC"}});
    EXPECT_EQ(ps.out, "NAME    APP      STATE       SINCE                GRANTS                 COMMAND\n"
                      "my-box  box      running     2023-11-14 22:13:20  display,usb:046d:c52b  sleep infinity\n"
                      "z       firefox  exited (3)  -                    -                      -\n");
}

TEST_F(BerthClients, PsAsJsonHasTheBusNames) {
    box();
    const auto json = nlohmann::json::parse(berth({"ps", "--json"}).out);
    ASSERT_THAT(json, SizeIs(1));
    EXPECT_EQ(json[0]["Name"], "my-box");
    EXPECT_EQ(json[0]["ExitCode"], -1);
    EXPECT_EQ(json[0]["Environment"], (nlohmann::json{{"DISPLAY", ":0"}, {"WAYLAND_DISPLAY", "wayland-0"}}));
    EXPECT_EQ(json[0]["Path"], "/org/berth/Berth1/clients/my_2dbox");
}

TEST_F(BerthClients, ExecPassesStreamsOptionsAndExitCode) {
    box();
    const CommandResult exec =
        berth({"exec", "-e", "A=1", "-u", "root", "-w", "/tmp", "my-box", "sh", "-c", "echo $A; echo bad >&2; exit 9"});
    EXPECT_EQ(exec.status, 9);
    EXPECT_EQ(exec.out, "1\n");
    EXPECT_EQ(exec.err, "bad\n");
    EXPECT_EQ(berthd.calls("Exec").at(0).arguments.at(1),
              (nlohmann::json{{"environment", {{"A", "1"}}}, {"user", "root"}, {"workdir", "/tmp"}}));
}

TEST_F(BerthClients, ExecIsEndedByASignalAndTheClientIsNot) {
    box();
    RunningCommand exec{io, argv({"exec", "my-box", "sh", "-c", "echo ready; while :; do sleep 0.01; done"})};
    ASSERT_TRUE(exec.printed("ready"));
    exec.signal(SIGINT);
    EXPECT_EQ(exec.wait().status, 128 + SIGTERM);
    EXPECT_THAT(berthd.calls("Cancel"), SizeIs(1));
    EXPECT_THAT(berthd.calls("Signal"), SizeIs(0));
}

TEST_F(BerthClients, ExecInNoneIs125) {
    const CommandResult exec = berth({"exec", "my-box", "true"});
    EXPECT_EQ(exec.status, 125);
    EXPECT_EQ(exec.err, "berth: NoSuchClient: there is no client \"my-box\"\n");
}

TEST_F(BerthClients, StopGivesTenSecondsOrWhatIsAsked) {
    box();
    EXPECT_EQ(berth({"stop", "my-box"}).out, "my-box: the client has ended\n");
    box();
    EXPECT_EQ(berth({"stop", "-t", "0", "my-box"}).status, 0);
    const auto calls = berthd.calls("Stop");
    ASSERT_THAT(calls, SizeIs(2));
    EXPECT_EQ(calls[0].arguments, 10'000);
    EXPECT_EQ(calls[1].arguments, 0);
}

TEST_F(BerthClients, StopGoesOnBehindOneThatIsNotThere) {
    box();
    const CommandResult stop = berth({"stop", "none", "my-box"});
    EXPECT_EQ(stop.status, 1);
    EXPECT_EQ(stop.err, "berth: NoSuchClient: there is no client \"none\"\n");
    EXPECT_EQ(stop.out, "my-box: the client has ended\n");
}

TEST_F(BerthClients, RmRemovesOneThatHasEndedAlone) {
    FakeClient& client = box();
    const CommandResult running = berth({"rm", "my-box"});
    EXPECT_EQ(running.status, 1);
    EXPECT_EQ(running.err, "berth: InvalidArgument: my-box is running; 'berth stop my-box' ends it\n");
    EXPECT_THAT(berthd.calls("Stop"), SizeIs(0));
    client.become("exited");
    EXPECT_EQ(berth({"rm", "my-box"}).out, "my-box: the container is removed\n");
    EXPECT_EQ(berthd.client("my-box"), nullptr);
}

TEST_F(BerthClients, KillTakesNamesAndNumbers) {
    box();
    EXPECT_EQ(berth({"kill", "my-box"}).status, 0);
    EXPECT_EQ(berth({"kill", "-s", "SIGTERM", "my-box"}).status, 0);
    EXPECT_EQ(berth({"kill", "-s", "HUP", "my-box"}).status, 0);
    EXPECT_EQ(berth({"kill", "--signal", "10", "my-box"}).status, 0);
    std::vector<int> numbers;
    for (const FakeCall& call : berthd.calls("Signal")) {
        numbers.push_back(call.arguments.get<int>());
    }
    EXPECT_EQ(numbers, (std::vector<int>{SIGKILL, SIGTERM, SIGHUP, SIGUSR1}));
    EXPECT_EQ(berth({"kill", "-s", "SIDEWAYS", "my-box"}).status, 2);
}

TEST_F(BerthClients, GrantPrintsTheEnvironmentThatItAnswers) {
    box();
    const CommandResult grant = berth({"grant", "my-box", "display,gpu", "sound"});
    EXPECT_EQ(grant.status, 0) << grant.err;
    EXPECT_EQ(grant.out, "DISPLAY=:0\nWAYLAND_DISPLAY=wayland-0\n");
    EXPECT_EQ(berthd.calls("Grant").at(0).arguments, (nlohmann::json{"display", "gpu", "sound"}));
    EXPECT_EQ(nlohmann::json::parse(berth({"grant", "my-box", "gpu", "--json"}).out)["DISPLAY"], ":0");
}

TEST_F(BerthClients, GrantAndRevokeSayWhyNot) {
    box();
    berthd.refusals["Grant"] = {"UnknownGrant", "there is no grant \"displya\""};
    berthd.refusals["Revoke"] = {"InvalidArgument", "ipc lasts as long as the container"};
    const CommandResult grant = berth({"grant", "my-box", "displya"});
    EXPECT_EQ(grant.status, 1);
    EXPECT_EQ(grant.err, "berth: UnknownGrant: there is no grant \"displya\"\n");
    EXPECT_EQ(berth({"revoke", "my-box", "ipc"}).err, "berth: InvalidArgument: ipc lasts as long as the container\n");
}

TEST_F(BerthClients, GrantForATimeSaysItInSeconds) {
    box();
    EXPECT_EQ(berth({"grant", "--for", "10min", "my-box", "sound"}).status, 0);
    EXPECT_EQ(berthd.calls("Grant").at(0).arguments, (nlohmann::json{{"sound"}, {{"time-limit", 600}}}));
    const CommandResult wrong = berth({"grant", "--for", "soon", "my-box", "sound"});
    EXPECT_EQ(wrong.status, 2);
    EXPECT_THAT(wrong.err, HasSubstr("\"soon\" is no time"));
}

TEST_F(BerthClients, GrantThatHoldsStaysUntilItIsEnded) {
    box();
    RunningCommand grant{io, argv({"grant", "--hold", "my-box", "sound"})};
    ASSERT_TRUE(grant.printed("WAYLAND_DISPLAY=wayland-0"));
    EXPECT_EQ(berthd.calls("Grant").at(0).arguments, (nlohmann::json{{"sound"}, {{"with-connection", true}}}));
    grant.signal(SIGINT);
    EXPECT_EQ(grant.wait().status, 0);
}

TEST_F(BerthClients, GrantThatHoldsEndsWithItsClient) {
    box();
    RunningCommand grant{io, argv({"grant", "--hold", "my-box", "sound"})};
    ASSERT_TRUE(grant.printed("WAYLAND_DISPLAY=wayland-0"));
    EXPECT_EQ(berth({"stop", "my-box"}).status, 0);
    EXPECT_EQ(grant.wait().status, 0);
}

TEST_F(BerthClients, PsShowsWhatEndsByItself) {
    FakeClient& client = box();
    client.facts.grants = {"display", "gpu", "sound"};
    client.facts.until = {{"sound", 1}};
    client.facts.with = {{"gpu", ":1.42"}};
    EXPECT_THAT(berth({"ps"}).out, HasSubstr("display,gpu(:1.42),sound(0s)"));
    client.facts.until = {{"sound", static_cast<std::uint64_t>(std::time(nullptr) + 7'200 + 65) * 1'000'000}};
    EXPECT_THAT(berth({"ps"}).out, HasSubstr("sound(2h1min)"));
}

TEST_F(BerthClients, RevokeSaysWhereAProgramKeepsWhatItHas) {
    FakeClient& client = box();
    client.facts.revocations = {{"display", "new-opens-only"}, {"session-bus:org.a.B", "hard"}};
    EXPECT_EQ(berth({"revoke", "my-box", "display"}).out,
              "display: what a program has open it keeps; 'berth stop my-box' ends that, too\n");
    EXPECT_EQ(berth({"revoke", "my-box", "session-bus:org.a.B"}).out, "");
}

TEST_F(BerthClients, RevokeTakesThemAll) {
    box();
    EXPECT_EQ(berth({"revoke", "my-box", "display", "gpu"}).status, 0);
    EXPECT_EQ(berthd.calls("Revoke").at(0).arguments, (nlohmann::json{"display", "gpu"}));
}

TEST_F(BerthClients, EnvPrintsWhatItsProgramsShouldBeTold) {
    box();
    EXPECT_EQ(berth({"env", "my-box"}).out, "DISPLAY=:0\nWAYLAND_DISPLAY=wayland-0\n");
    EXPECT_EQ(nlohmann::json::parse(berth({"env", "--json", "my-box"}).out).size(), 2U);
    EXPECT_EQ(berth({"env", "none"}).status, 1);
}

TEST_F(BerthClients, LogsPrintsWhatItHasWritten) {
    box();
    const CommandResult logs = berth({"logs", "--tail", "5", "my-box"});
    EXPECT_EQ(logs.status, 0) << logs.err;
    EXPECT_EQ(logs.out, "a line\n");
    EXPECT_EQ(berthd.calls("Logs").at(0).arguments, (nlohmann::json{{"tail", 5}}));
}

TEST_F(BerthClients, FollowingLogsEndsByCtrlC) {
    box();
    RunningCommand logs{io, argv({"logs", "-f", "my-box"})};
    ASSERT_TRUE(logs.printed("a line"));
    logs.signal(SIGINT);
    const CommandResult ended = logs.wait();
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    EXPECT_EQ(berthd.calls("Logs").at(0).arguments, (nlohmann::json{{"follow", true}}));
}

TEST_F(BerthClients, LogsThatFailAreOne) {
    box();
    berthd.job_error = "EngineUnavailable: podman does not answer";
    const CommandResult logs = berth({"logs", "my-box"});
    EXPECT_EQ(logs.status, 1);
    EXPECT_THAT(logs.err, HasSubstr("berth: EngineUnavailable: podman does not answer\n"));
}

TEST_F(BerthClients, FreezeAndThawTakeAClientsName) {
    const FakeClient& client = box();
    EXPECT_EQ(berth({"freeze", "my-box"}).out, "my-box: the client is frozen; 'berth thaw' lets it go on\n");
    EXPECT_EQ(client.facts.state, "frozen");
    EXPECT_EQ(berth({"thaw", "my-box"}).out, "my-box: the client goes on\n");
    EXPECT_EQ(client.facts.state, "running");
    EXPECT_EQ(berth({"freeze", "nobody"}).err, "berth: NoSuchClient: there is no seat and no client \"nobody\"\n");
}

TEST_F(BerthClients, ASeatsNameWinsOverAClients) {
    ClientFacts facts;
    facts.name = "seat0";
    const FakeClient& client = berthd.add_client(facts);
    const CommandResult freeze = berth({"freeze", "seat0"});
    EXPECT_EQ(freeze.status, 0) << freeze.err;
    EXPECT_TRUE(berthd.seat().frozen);
    EXPECT_EQ(client.facts.state, "running");
    EXPECT_EQ(berth({"thaw"}).status, 0) << "seat0 by itself";
    EXPECT_FALSE(berthd.seat().frozen);
    EXPECT_EQ(berth({"freeze", "--seat", "seat0", "seat0"}).status, 2);
}

TEST_F(BerthClients, StatusShowsThemInOneLineOfTheirSeat) {
    box();
    ClientFacts other;
    other.name = "z-1";
    other.state = "frozen";
    berthd.add_client(other);
    const CommandResult status = berth({"status"});
    EXPECT_EQ(status.out, "berthd 1.2.3, podman 4.3.1\nseat0: seated, gnome (headless)\n"
                          "  clients     my-box (running), z-1 (frozen)\n");
    EXPECT_THAT(nlohmann::json::parse(berth({"status", "--json"}).out).at("clients"), SizeIs(2));
}

TEST_F(BerthClients, SnapshotSaysWhereItIs) {
    box();
    EXPECT_EQ(berth({"snapshot", "my-box", "localhost/saved:1"}).out, "my-box: saved as localhost/saved:1\n");
    EXPECT_EQ(berthd.calls("Snapshot").at(0).arguments, "localhost/saved:1");
    berthd.job_error = "Failed: no space";
    EXPECT_EQ(berth({"snapshot", "my-box", "x"}).status, 1);
}

TEST_F(BerthClients, MonitorBeginsWithWhatThereIs) {
    box();
    RunningCommand monitor{io, argv({"monitor"})};
    ASSERT_TRUE(monitor.printed("client my-box: running"));
    EXPECT_THAT(monitor.out(), HasSubstr("seat0: seated\n"));
    berthd.leave();
    EXPECT_TRUE(monitor.printed("berthd left the bus"));
}

TEST_F(BerthClients, MonitorShowsTheirLives) {
    RunningCommand monitor{io, argv({"monitor"})};
    ASSERT_TRUE(monitor.printed("seat0: seated"));
    box();
    ASSERT_TRUE(monitor.printed("client my-box:"));
    berthd.client("my-box")->become("frozen");
    ASSERT_TRUE(monitor.printed("State=frozen\n"));
    EXPECT_THAT(monitor.out(), HasSubstr("client my-box: ExitCode=-1 State=frozen\n"));
    EXPECT_EQ(berth({"stop", "my-box"}).status, 0);
    EXPECT_TRUE(monitor.printed("client my-box: removed\n"));
    EXPECT_TRUE(monitor.printed("job 1: done\n"));
}

TEST_F(BerthClients, AttachPassesWhatItIsGivenAndPrintsTheClientsName) {
    box();
    const CommandResult attach =
        berth({"attach", "my-box", "--grant", "display,sound", "--grant", "tmp", "--seat", "seat0"});
    EXPECT_EQ(attach.status, 0) << attach.err;
    EXPECT_EQ(attach.out, "my-box\n");
    ASSERT_THAT(berthd.calls("Attach"), SizeIs(1));
    EXPECT_EQ(berthd.calls("Attach").front().object, "my-box");
    EXPECT_EQ(berthd.calls("Attach").front().arguments.dump(), R"([["display","sound","tmp"],{"seat":"seat0"}])");
    EXPECT_EQ(berth({"attach"}).status, 2);
}

TEST_F(BerthClients, DetachLetsGoOfAnothersContainerAndOfNoOther) {
    FakeClient& client = box();
    EXPECT_EQ(berth({"detach", "my-box"}).err,
              "berth: InvalidArgument: my-box is berth's own container; 'berth stop my-box' ends it\n");
    client.facts.foreign = true;
    const CommandResult detach = berth({"detach", "my-box"});
    EXPECT_EQ(detach.out, "my-box: let go of; the container runs on\n") << detach.err;
}

} // namespace

} // namespace berth::testing
