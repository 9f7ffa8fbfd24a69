#include "client/client_fixture.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace berth::testing {

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class BerthVerbs : public ClientFixture {
  protected:
    void finish_everything() {
        script = [this](const model::Called& call) {
            accept(call);
            finish(model::JobState::done);
        };
    }
};

TEST_F(BerthVerbs, DownEndsTheDesktop) {
    finish_everything();
    const CommandResult down = berth({"down"});
    EXPECT_EQ(down.status, 0) << down.err;
    EXPECT_EQ(down.out, "seat0: the seat is vacant\n");
    ASSERT_THAT(calls, SizeIs(1));
    EXPECT_EQ(calls[0].request, (model::Request{model::DownRequest{seat.name, false}}));
}

TEST_F(BerthVerbs, DownNowSaysSo) {
    finish_everything();
    EXPECT_EQ(berth({"down", "--now", "--seat", "seat0"}).status, 0);
    ASSERT_THAT(calls, SizeIs(1));
    EXPECT_EQ(calls[0].request, (model::Request{model::DownRequest{seat.name, true}}));
}

TEST_F(BerthVerbs, ReseatGivesItsReason) {
    finish_everything();
    EXPECT_EQ(berth({"reseat", "--reason", "a new screen"}).status, 0);
    ASSERT_THAT(calls, SizeIs(1));
    EXPECT_EQ(calls[0].request, (model::Request{model::ReseatRequest{seat.name, "a new screen"}}));
}

TEST_F(BerthVerbs, ReseatForetellsWhoGoesAlongAndDoesNothing) {
    const CommandResult without = berth({"reseat", "--dry-run"});
    EXPECT_EQ(without.status, 1);
    EXPECT_EQ(without.out, "seat0: is vacant: there is no desktop that can be re-seated\n");
    seat.devices = {"/dev/dri/card0", "/dev/input/event0"};
    become_seated();
    const auto runs = [&](const std::string& name, model::ClientState state, std::vector<model::Grant> grants) {
        model::Client client;
        client.id = model::ClientId{name};
        client.seat = seat.name;
        client.state = state;
        client.grants = std::move(grants);
        server->client_changed(client);
    };
    runs("box", model::ClientState::exited, {});
    runs("browser", model::ClientState::running, {{model::GrantKind::display, ""}});
    runs("xeyes", model::ClientState::frozen, {{model::GrantKind::display, ""}, {model::GrantKind::ipc, ""}});
    const CommandResult foretold = berth({"reseat", "--dry-run"});
    EXPECT_EQ(foretold.status, 0) << foretold.err;
    EXPECT_EQ(foretold.out, "seat0: 'gnome' (headless) would be taken down and come up again from "
                            "localhost/berth/gnome:latest, with 2 devices\n"
                            "  browser would stay, and be given what it holds of the new desktop\n"
                            "  xeyes would end: it shares the desktop's IPC namespace\n");
    EXPECT_THAT(calls, IsEmpty());
}

TEST_F(BerthVerbs, RestoreTtyFollowsTheJobThatItStarted) {
    script = [this](const model::Called& call) {
        job.kind = model::JobKind::restore_tty;
        tell("restore-tty", 0.5, "Restoring the terminal");
        server->reply(model::Reply{call.token, std::monostate{}});
    };
    RunningCommand restore{io, argv({"restore-tty"})};
    ASSERT_TRUE(run_until(io, [&] { return calls.size() == 1; }));
    EXPECT_EQ(calls[0].request, model::Request{model::RestoreTtyRequest{seat.name}});
    finish(model::JobState::done);
    const CommandResult ended = restore.wait();
    EXPECT_EQ(ended.status, 0) << ended.err;
    EXPECT_EQ(ended.out, "seat0: the text terminal is back\n");
}

TEST_F(BerthVerbs, FreezeAndThawFollowTheJobThatTheyStarted) {
    struct Verb {
        const char* name;
        model::JobKind kind;
        model::Request request;
        const char* end;
    };

    for (const Verb& verb : {Verb{"freeze", model::JobKind::freeze, model::FreezeRequest{seat.name}, "is frozen"},
                             Verb{"thaw", model::JobKind::thaw, model::ThawRequest{seat.name}, "goes on"}}) {
        script = [this, &verb](const model::Called& call) {
            job.kind = verb.kind;
            job.state = model::JobState::running;
            tell("pause", 0.5, "Pausing");
            server->reply(model::Reply{call.token, std::monostate{}});
        };
        calls.clear();
        RunningCommand running{io, argv({verb.name})};
        ASSERT_TRUE(run_until(io, [&] { return calls.size() == 1; }));
        EXPECT_EQ(calls[0].request, verb.request);
        finish(model::JobState::done);
        const CommandResult ended = running.wait();
        EXPECT_EQ(ended.status, 0) << ended.err;
        EXPECT_THAT(ended.out, HasSubstr(verb.end));
        job.id = model::JobId{job.id.value + 1};
    }
}

TEST_F(BerthVerbs, AVerbWhoseJobIsUnnamedStaysUntilThatIsOver) {
    for (const auto& [verb, kind] :
         {std::pair{"freeze", model::JobKind::freeze}, std::pair{"restore-tty", model::JobKind::restore_tty}}) {
        script = [this, of = kind](const model::Called& call) {
            if (std::holds_alternative<model::CancelRequest>(call.request)) { // it is still there to be interrupted
                finish(model::JobState::cancelled, "Cancelled: as asked");
            } else {
                job.kind = of;
                job.state = model::JobState::running;
                tell("pause", 0.5, "At work");
            }
            server->reply(model::Reply{call.token, std::monostate{}});
        };
        calls.clear();
        RunningCommand running{io, argv({verb})};
        ASSERT_TRUE(run_until(io, [&] { return calls.size() == 1; }));
        running.signal(SIGINT);
        const CommandResult ended = running.wait();
        EXPECT_EQ(ended.status, 1) << verb;
        EXPECT_THAT(ended.err, HasSubstr("as asked"));
        job.id = model::JobId{job.id.value + 1};
    }
}

TEST_F(BerthVerbs, AFreezeThatFailsSaysWhy) {
    script = [this](const model::Called& call) {
        job.kind = model::JobKind::freeze;
        tell("pause", 0.5, "Pausing");
        server->reply(model::Reply{call.token, std::monostate{}});
    };
    RunningCommand running{io, argv({"freeze"})};
    ASSERT_TRUE(run_until(io, [&] { return calls.size() == 1; }));
    finish(model::JobState::failed, "Failed: the engine says no");
    const CommandResult ended = running.wait();
    EXPECT_EQ(ended.status, 1);
    EXPECT_THAT(ended.err, HasSubstr("the engine says no"));
}

TEST_F(BerthVerbs, RestoreTtyIsRefusedAsEverythingElse) {
    script = [this](const model::Called& call) { refuse(call, model::Refusal::not_authorized, "ask for it"); };
    const CommandResult restore = berth({"restore-tty"});
    EXPECT_EQ(restore.status, 1);
    EXPECT_EQ(restore.err, "berth: NotAuthorized: ask for it\n");
}

TEST_F(BerthVerbs, RestoreTtyWorksWithoutBerthd) {
    if (::geteuid() != 0) {
        GTEST_SKIP() << "needs root: only root restores without berthd";
    }
    server.reset();
    const std::string program = bus.folder() + "/berth-restore";
    std::ofstream{program} << "#!/bin/sh\necho restored by hand\nexit 3\n";
    std::filesystem::permissions(program, std::filesystem::perms{0755});
    const CommandResult restore = run_command(io, {BERTH_PROGRAM, "--bus", "unix:path=/nonexistent", "restore-tty"},
                                              {{"BERTH_LIBEXEC", bus.folder()}});
    EXPECT_EQ(restore.status, 3) << "the exit code is that program's";
    EXPECT_THAT(restore.out, HasSubstr("restored by hand"));
}

TEST_F(BerthVerbs, AWrongUseIsExitCodeTwoAndSaysWhatIsRight) {
    const std::vector<std::vector<std::string>> wrong{
        {}, {"sideways"}, {"up", "--mode", "sideways"}, {"up", "--wait"}, {"down", "extra"}, {"replay"}};
    for (const auto& arguments : wrong) {
        const CommandResult result = berth(arguments);
        EXPECT_EQ(result.status, 2) << (arguments.empty() ? "no verb" : arguments[0]);
        EXPECT_NE(result.err, "");
    }
    EXPECT_THAT(berth({"up", "--mode", "sideways"}).err, HasSubstr("headless"));
    EXPECT_THAT(calls, SizeIs(0));
}

TEST_F(BerthVerbs, HelpNamesEveryVerb) {
    const CommandResult help = berth({"--help"});
    EXPECT_EQ(help.status, 0);
    for (const char* verb :
         {"up",     "down",    "run",         "ps",          "exec",    "stop",         "kill",   "rm",     "grant",
          "revoke", "env",     "logs",        "snapshot",    "freeze",  "thaw",         "reseat", "status", "monitor",
          "doctor", "explain", "restore-tty", "switch-away", "analyze", "record-docks", "replay", "version"}) {
        EXPECT_THAT(help.out, HasSubstr(std::string{"  "} + verb + " "));
    }
}

TEST_F(BerthVerbs, VersionNeedsNoBerthd) {
    const CommandResult version = run_command(io, {BERTH_PROGRAM, "--bus", "unix:path=/nonexistent", "version"});
    EXPECT_EQ(version.status, 0);
    EXPECT_EQ(version.out.rfind("berth ", 0), 0U);
}

} // namespace

} // namespace berth::testing
