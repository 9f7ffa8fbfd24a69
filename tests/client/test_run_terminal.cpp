#include "client/pty_command.hpp"
#include "client/run_fixture.hpp"

#include <gmock/gmock.h>

#include <csignal>

namespace berth::testing {

namespace {

using ::testing::HasSubstr;

class BerthRunOnATerminal : public RunFixture {};

/// Says "ready" when its own terminal passes bytes, and what it read as numbers.
constexpr const char* bytes = "stty raw -echo; echo ready; head -c 3 | od -An -tu1";

TEST_F(BerthRunOnATerminal, HasOneByItself) {
    PtyCommand run{io, argv({"run", "app", "sh", "-c", "test -t 0 && test -t 1 && echo \"it is $TERM\"; exit 3"})};
    EXPECT_EQ(run.wait(), 3) << run.shown();
    EXPECT_TRUE(run.shows("it is berth-test\r\n")) << run.shown();
    EXPECT_EQ(berthd.calls("Run").at(0).arguments.at(1).at("terminal"), true);
}

TEST_F(BerthRunOnATerminal, HasNoneWhereNoneIsWantedOrTheOutputIsNone) {
    PtyCommand run{io, argv({"run", "--no-tty", "app", "true"})};
    EXPECT_EQ(run.wait(), 0) << run.shown();
    PtyCommand piped{io, in_shell("\"$@\" | cat", {"run", "app", "true"})};
    EXPECT_EQ(piped.wait(), 0) << piped.shown();
    for (const FakeCall& call : berthd.calls("Run")) {
        EXPECT_FALSE(call.arguments.at(1).contains("terminal"));
    }
}

TEST_F(BerthRunOnATerminal, IsRawWhileItRunsAndAsBeforeAfterIt) {
    PtyCommand run{io, argv({"run", "app", "sh", "-c", "echo ready; read line; echo \"got $line\""})};
    const termios before = run.pty.attributes();
    ASSERT_TRUE(run.shows("ready"));
    ASSERT_TRUE(run.becomes_raw());
    run.type("hello\r");
    EXPECT_TRUE(run.shows("got hello")) << run.shown();
    EXPECT_EQ(run.wait(), 0);
    EXPECT_TRUE(same(run.pty.attributes(), before));
}

TEST_F(BerthRunOnATerminal, IsSetBeforeTheCallSoThatNothingIsTranslatedTwice) {
    berthd.unanswered = true;
    PtyCommand run{io, argv({"run", "app", "true"})};
    ASSERT_TRUE(berthd.called("Run"));
    EXPECT_EQ(run.pty.attributes().c_oflag & static_cast<tcflag_t>(OPOST), 0U);
    EXPECT_NE(run.pty.attributes().c_lflag & static_cast<tcflag_t>(ISIG), 0U) << "^C is still for berth";
    berthd.go_on();
    EXPECT_EQ(run.wait(), 0);
    EXPECT_NE(run.pty.attributes().c_oflag & static_cast<tcflag_t>(OPOST), 0U);
}

TEST_F(BerthRunOnATerminal, CtrlCIsAByteOfTheCommands) {
    PtyCommand run{io, argv({"run", "app", "sh", "-c", bytes})};
    ASSERT_TRUE(run.shows("ready"));
    ASSERT_TRUE(run.becomes_raw());
    run.type("\x03\x1c\x1a");
    EXPECT_TRUE(run.shows("   3  28  26")) << run.shown();
    EXPECT_EQ(run.wait(), 0);
    EXPECT_TRUE(berthd.calls("Signal").empty());
}

TEST_F(BerthRunOnATerminal, CtrlCBeforeTheClientRunsCancels) {
    berthd.prepares = true;
    berthd.refusals["Signal"] = {"InvalidArgument", "it does not run"};
    PtyCommand run{io, argv({"run", "app", "cat"})};
    const termios before = run.pty.attributes();
    ASSERT_TRUE(berthd.called("Resize")) << "the terminal is set just before";
    EXPECT_FALSE(run.pty.raw());
    run.type("\x03");
    EXPECT_EQ(run.wait(), 128 + SIGINT);
    EXPECT_TRUE(same(run.pty.attributes(), before));
}

TEST_F(BerthRunOnATerminal, TellsItsSizeAtTheStartAndWhenItChanges) {
    PtyCommand run{
        io, argv({"run", "app", "sh", "-c", "trap 'stty size' WINCH; echo ready; while :; do sleep 0.01; done"})};
    ASSERT_TRUE(run.shows("ready"));
    ASSERT_TRUE(berthd.called("Resize"));
    EXPECT_EQ(berthd.calls("Resize").back().arguments, (nlohmann::json{24, 80}));
    run.pty.resize(50, 132);
    EXPECT_TRUE(run.shows("50 132\r\n")) << run.shown();
    EXPECT_EQ(berthd.calls("Resize").back().arguments, (nlohmann::json{50, 132}));
}

TEST_F(BerthRunOnATerminal, TellsItsSizeAgainWhenTheClientRuns) {
    berthd.prepares = true;
    PtyCommand run{io, argv({"run", "app", "sh", "-c", "read line; stty size"})};
    ASSERT_TRUE(berthd.called("Resize"));
    EXPECT_EQ(berthd.calls("Resize").size(), 1U);
    berthd.go_on();
    ASSERT_TRUE(berthd.called("Resize", 2));
    run.type("\r");
    EXPECT_TRUE(run.shows("24 80")) << run.shown();
    EXPECT_EQ(run.wait(), 0);
}

TEST_F(BerthRunOnATerminal, SigtermAndSighupEndBerthAloneAndRestoreIt) {
    for (const int number : {SIGTERM, SIGHUP}) {
        PtyCommand run{io, argv({"run", "app", "sh", "-c", "echo ready; read line"})};
        const termios before = run.pty.attributes();
        ASSERT_TRUE(run.shows("ready"));
        ASSERT_TRUE(run.becomes_raw());
        run.signal(number);
        EXPECT_EQ(run.wait(), 128 + number);
        EXPECT_TRUE(run.shows("app-1 goes on, 'berth stop app-1' ends it")) << run.shown();
        EXPECT_TRUE(same(run.pty.attributes(), before));
        EXPECT_TRUE(berthd.calls("Signal").empty());
    }
}

TEST_F(BerthRunOnATerminal, ABerthdThatGoesRestoresItAndSaysThatTheClientGoesOn) {
    PtyCommand run{io, argv({"run", "app", "sh", "-c", "echo ready; read line"})};
    const termios before = run.pty.attributes();
    ASSERT_TRUE(run.shows("ready"));
    ASSERT_TRUE(run.becomes_raw());
    berthd.leave();
    EXPECT_EQ(run.wait(), 125);
    EXPECT_TRUE(run.shows("app-1 goes on")) << run.shown();
    EXPECT_TRUE(same(run.pty.attributes(), before));
}

TEST_F(BerthRunOnATerminal, ABusThatGoesRestoresItToo) {
    PtyCommand run{io, argv({"run", "app", "sh", "-c", "echo ready; read line"})};
    const termios before = run.pty.attributes();
    ASSERT_TRUE(run.shows("ready"));
    ASSERT_TRUE(run.becomes_raw());
    bus.kill();
    EXPECT_EQ(run.wait(), 125);
    EXPECT_TRUE(run.shows("app-1 goes on")) << run.shown();
    EXPECT_TRUE(same(run.pty.attributes(), before));
}

TEST_F(BerthRunOnATerminal, ARefusalLeavesItAlone) {
    berthd.refusals["Run"] = {"NotAuthorized", "ask for org.berth.run"};
    PtyCommand run{io, argv({"run", "app"})};
    const termios before = run.pty.attributes();
    EXPECT_EQ(run.wait(), 125);
    EXPECT_TRUE(run.shows("berth: NotAuthorized: ask for org.berth.run\r\n")) << run.shown();
    EXPECT_TRUE(same(run.pty.attributes(), before));
}

TEST_F(BerthRunOnATerminal, ExecHasOneInTheSameWay) {
    berthd.add_client(ClientFacts{.name = "box", .command = {}, .grants = {}, .environment = {}});
    PtyCommand exec{io, argv({"exec", "box", "sh", "-c", bytes})};
    const termios before = exec.pty.attributes();
    ASSERT_TRUE(exec.shows("ready"));
    ASSERT_TRUE(exec.becomes_raw());
    exec.type("\x03xy");
    EXPECT_TRUE(exec.shows("   3 120 121")) << exec.shown();
    EXPECT_EQ(exec.wait(), 0);
    EXPECT_TRUE(same(exec.pty.attributes(), before));
    EXPECT_THAT(berthd.calls("Exec").at(0).arguments.at(1).dump(), HasSubstr("\"terminal\":true"));
}

} // namespace

} // namespace berth::testing
