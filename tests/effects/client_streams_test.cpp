// Commands in clients, logs, signals, records, and what is told of clients outside.

#include "base/unique_fd.hpp"
#include "effects/client_fixture.hpp"

#include <gmock/gmock.h>

#include <sys/socket.h>

#include <array>
#include <csignal>
#include <unistd.h>

namespace berth::effects {
namespace {

using namespace model;
using test::client_id;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

struct CommandsTest : test::ClientTest {
    CommandsTest() {
        exec.job = JobId{3};
        exec.token = CallToken{8};
        exec.request.client = client_id;
        exec.request.argv = {"/bin/echo", "hello"};
        caller_streams.waiting = {CallToken{8}};
        logs.job = JobId{4};
        logs.token = CallToken{8};
        logs.request.client = client_id;
    }

    /// As `run`, where a command of the engine's waits for its input.
    void run_while_it_waits(Effect effect) {
        runner.run({std::move(effect)}, world);
        io.restart();
        io.poll();
    }

    /// The one thing that happened.
    ExecEnded ended() {
        EXPECT_EQ(happened.size(), 1U);
        const auto* end = happened.empty() ? nullptr : std::get_if<ExecEnded>(&happened.front());
        EXPECT_NE(end, nullptr);
        return end == nullptr ? ExecEnded{} : *end;
    }

    /// What the container's side has written so far to the relay's connection, without frames.
    std::string written(const std::string& relay) {
        std::array<char, 4096> bytes{};
        const ssize_t size =
            ::recv(relays.connections.at(relay).socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        return size <= 8 ? std::string{} : std::string{bytes.data() + 8, static_cast<std::size_t>(size - 8)};
    }

    RunExec exec;
    RunLogs logs;
};

/// Keeps what is written to stderr while it lives.
class LogLines {
  public:
    LogLines() {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
        read_.reset(ends[0]);
        const UniqueFd write{ends[1]};
        saved_.reset(::dup(STDERR_FILENO));
        ::dup2(write.get(), STDERR_FILENO);
    }

    LogLines(const LogLines&) = delete;
    LogLines& operator=(const LogLines&) = delete;

    ~LogLines() { ::dup2(saved_.get(), STDERR_FILENO); }

    std::string text() {
        std::array<char, 4096> bytes{};
        const ssize_t size = ::read(read_.get(), bytes.data(), bytes.size());
        return size > 0 ? std::string{bytes.data(), static_cast<std::size_t>(size)} : std::string{};
    }

  private:
    UniqueFd read_;
    UniqueFd saved_;
};

TEST_F(CommandsTest, ACommandsExitCodeComesWhenItsStreamsHaveEnded) {
    runs_with({});
    engine.on_command([](const auto&) {
        test::FakeCommand command;
        command.out = "hello\n";
        command.exit_code = 7;
        return command;
    });
    happened.clear();
    run(exec);
    EXPECT_THAT(happened, IsEmpty()) << "what it wrote is not passed on yet";
    EXPECT_EQ(written("exec/3"), "hello\n");
    relays.finish("exec/3");
    turn();
    EXPECT_EQ(ended(), (ExecEnded{JobId{3}, 7, std::nullopt}));
    EXPECT_THAT(caller_streams.waiting, IsEmpty());
}

TEST_F(CommandsTest, ACommandHasTheGrantsEnvironmentAndTheCallsWordWins) {
    runs_with({"shm"});
    gives({"display"});
    exec.request.environment = {{"WAYLAND_DISPLAY", "mine"}, {"LANG", "C"}};
    exec.request.user = "1000";
    exec.request.working_directory = "/srv";
    exec.request.terminal = true;
    ports::StreamedExecSpec seen;
    engine.on_begin_exec([&seen](const ports::StreamedExecSpec& spec) { seen = spec; });
    run(exec);
    EXPECT_THAT(seen.exec.environment, Contains(Pair("WAYLAND_DISPLAY", "mine")));
    EXPECT_THAT(seen.exec.environment, Contains(Pair("LANG", "C")));
    EXPECT_THAT(seen.exec.environment, Contains(Pair("BERTH_SHM", "/run/berth/shm")));
    EXPECT_THAT(seen.exec.environment, Contains(Pair("DISPLAY", ":0"))) << "given since it runs";
    EXPECT_EQ(seen.exec.user, "1000");
    EXPECT_EQ(seen.working_directory, "/srv");
    EXPECT_TRUE(seen.terminal);
    EXPECT_THAT(seen.exec.command, ElementsAre("/bin/echo", "hello"));
    EXPECT_FALSE(relays.framed.at("exec/3"));
}

TEST_F(CommandsTest, ACommandThatCannotBeBegunIsAFailure) {
    runs_with({});
    engine.fail_next("begin_exec", Error{ErrorCode::failed, "no such program"});
    happened.clear();
    run(exec);
    EXPECT_EQ(ended().error->message, "no such program");
    EXPECT_EQ(ended().exit_code, -1);
    EXPECT_THAT(relays.running, IsEmpty());
}

TEST_F(CommandsTest, ACommandWithoutStreamsOrWithoutItsClientIsAFailure) {
    runs_with({});
    caller_streams.waiting.clear();
    happened.clear();
    run(exec);
    EXPECT_THAT(ended().error->message, HasSubstr("no standard streams"));
    caller_streams.waiting = {CallToken{8}};
    world.clients.clear();
    happened.clear();
    run(exec);
    EXPECT_EQ(ended().error->code, ErrorCode::no_such_client);
    EXPECT_THAT(caller_streams.waiting, IsEmpty()) << "the descriptors do not stay open";
}

TEST_F(CommandsTest, AnExitCodeThatNobodyKnowsIsAFailure) {
    runs_with({});
    run(exec);
    engine.fail_next("end_of_exec", Error{ErrorCode::timed_out, "it still runs"});
    happened.clear();
    relays.finish("exec/3");
    turn();
    EXPECT_EQ(ended().error->code, ErrorCode::timed_out);
}

TEST_F(CommandsTest, ACommandWhoseStreamsCouldNotBeCarriedTellsThat) {
    runs_with({});
    run(exec);
    happened.clear();
    relays.finish("exec/3", Error{ErrorCode::failed, "start berth-relay: No such file or directory"});
    turn();
    EXPECT_THAT(ended().error->message, HasSubstr("berth-relay"));
}

TEST_F(CommandsTest, TheTerminalOfACommandOrOfTheClientIsResized) {
    client().plan.terminal = true;
    runs_with({});
    exec.request.terminal = true;
    exec.request.argv = {"/bin/size"};
    engine.on_command([](const auto&) {
        test::FakeCommand command;
        command.shows_size = true;
        return command;
    });
    run_while_it_waits(exec);
    run_while_it_waits(ResizeTerminal{JobId{3}, {}, 50, 132});
    const auto& socket = relays.connections.at("exec/3").socket;
    ASSERT_EQ(::send(socket.get(), "\n", 1, MSG_NOSIGNAL), 1);
    turn();
    std::array<char, 64> bytes{};
    const ssize_t size = ::recv(socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    ASSERT_GT(size, 0);
    EXPECT_EQ(std::string(bytes.data(), static_cast<std::size_t>(size)), "50 132\n");
    run(ResizeTerminal{JobId{1}, client_id, 24, 80});
    EXPECT_THAT(engine.calls(), Contains("resize " + client().container));
}

TEST_F(CommandsTest, AResizeOfACommandThatHasEndedReachesNobody) {
    runs_with({});
    run(exec);
    relays.finish("exec/3");
    turn();
    run(ResizeTerminal{JobId{3}, {}, 50, 132});
    EXPECT_THAT(engine.calls(), Not(Contains(testing::StartsWith("resize"))));
}

TEST_F(CommandsTest, LogsAreCarriedToTheirCaller) {
    client().plan.command = {"/bin/echo", "said"};
    runs_with({});
    turn();
    logs.request.tail = 1;
    happened.clear();
    run(logs);
    EXPECT_EQ(written("exec/4"), "said\n");
    relays.finish("exec/4");
    EXPECT_EQ(ended(), (ExecEnded{JobId{4}, 0, std::nullopt}));
}

TEST_F(CommandsTest, LogsThatCannotBeHadAreAFailure) {
    runs_with({});
    engine.fail_next("logs", Error{ErrorCode::failed, "no log driver"});
    happened.clear();
    run(logs);
    EXPECT_EQ(ended().error->message, "no log driver");
    happened.clear();
    run(logs);
    EXPECT_THAT(ended().error->message, HasSubstr("no standard streams")) << "they were taken and closed";
    caller_streams.waiting = {CallToken{8}};
    world.clients.clear();
    happened.clear();
    run(logs);
    EXPECT_EQ(ended().error->code, ErrorCode::no_such_client);
}

TEST_F(CommandsTest, LogsThatCouldNotBeCarriedAreAFailure) {
    runs_with({});
    run(logs);
    happened.clear();
    relays.finish("exec/4", Error{ErrorCode::failed, "a full disk"});
    EXPECT_EQ(ended().error->message, "a full disk");
}

TEST_F(CommandsTest, ASignalGoesToTheInitThatIsWatchedAndARefusalIsLogged) {
    run(SignalClient{client_id, SIGHUP});
    EXPECT_THAT(processes.signals, ElementsAre("client/vlc: 1"));
    processes.signal_answer = Error{ErrorCode::failed, "signal 99 is none"};
    LogLines lines;
    run(SignalClient{client_id, 99});
    EXPECT_EQ(lines.text(), "warning: signal 99 is none (BERTH_CLIENT=vlc)\n");
}

TEST_F(CommandsTest, AGrantsRecordNamesClientGrantWhoAndWhy) {
    LogLines lines;
    run(RecordGrant{client_id, "gpu", "denied", "uid 1000 (:1.42)", "not in its profile"});
    run(RecordGrant{client_id, "display", "given", "its profile", {}});
    EXPECT_EQ(lines.text(),
              "notice: gpu denied (uid 1000 (:1.42)): not in its profile (BERTH_CLIENT=vlc, BERTH_EVENT=grant, "
              "BERTH_GRANT=gpu)\n"
              "notice: display given (its profile) (BERTH_CLIENT=vlc, BERTH_EVENT=grant, BERTH_GRANT=display)\n");
}

TEST_F(CommandsTest, StreamsAreDroppedAndEnded) {
    run(DropStreams{CallToken{8}});
    EXPECT_THAT(caller_streams.dropped, ElementsAre(CallToken{8}));
    run(EndStreams{client_id});
    EXPECT_THAT(relays.ended, ElementsAre("client/vlc"));
}

TEST_F(CommandsTest, AClientIsPublishedKeptAndWithdrawn) {
    client().state = ClientState::running;
    run(PublishClient{client_id, "it runs"});
    EXPECT_THAT(publisher.clients, ElementsAre(Pair(client_id, ClientState::running)));
    EXPECT_THAT(client_sockets.updated, ElementsAre("vlc"));
    EXPECT_TRUE(states.client_files.contains(client_id));
    run(ArmClientTimer{client_id, StepSerial{2}, 500});
    run(WithdrawClient{client_id});
    EXPECT_THAT(publisher.lines, ElementsAre("removed client vlc"));
    EXPECT_FALSE(states.client_files.contains(client_id));
    EXPECT_THAT(timers.armed, IsEmpty());
    world.clients.clear();
    run(PublishClient{client_id, "it is gone"});
    EXPECT_EQ(client_sockets.updated.size(), 1U);
}

TEST_F(CommandsTest, AWatchTellsOfItsEndAndOfPauses) {
    run(WatchClient{client_id, 4242});
    happened.clear();
    freezes.on_change.at(Subject{client_id})(true);
    processes.on_exit.at(Subject{client_id})();
    EXPECT_THAT(happened, ElementsAre(Happening{ClientPausedChanged{client_id, 4242, true}},
                                      Happening{ClientExited{client_id, 4242}}));
}

TEST_F(CommandsTest, ATimerFiresWithItsSerial) {
    run(ArmClientTimer{client_id, StepSerial{2}, 500});
    EXPECT_EQ(timers.armed.at(Subject{client_id}).first, std::chrono::milliseconds{500});
    happened.clear();
    timers.armed.at(Subject{client_id}).second();
    EXPECT_THAT(happened, ElementsAre(Happening{ClientTimerFired{client_id, StepSerial{2}}}));
    run(ClearClientTimer{client_id});
    EXPECT_THAT(timers.armed, IsEmpty());
}

TEST_F(CommandsTest, AnAppIsReadAndCheckedAgainstTheHost) {
    profiles.app->name = "player";
    happened.clear();
    run(ReadApp{CallToken{1}, "player", false});
    EXPECT_EQ(std::get<AppRead>(happened.back()), (AppRead{CallToken{1}, *profiles.app, {}}));
    EXPECT_THAT(profiles.checked_apps, ElementsAre("player"));
    profiles.app_host_answer = Error{ErrorCode::bad_profile, "there is no /srv/music"};
    run(ReadApp{CallToken{2}, "player", false});
    EXPECT_EQ(std::get<AppRead>(happened.back()), (AppRead{CallToken{2}, std::nullopt, "there is no /srv/music"}));
    profiles.app = Error{ErrorCode::bad_profile, "player.json:3: torn"};
    run(ReadApp{CallToken{3}, "player", false});
    EXPECT_EQ(std::get<AppRead>(happened.back()).error, "player.json:3: torn");
}

TEST_F(CommandsTest, AnImageWithoutAProfileIsNotLookedForAmongThem) {
    happened.clear();
    run(ReadApp{CallToken{1}, "localhost/berth/player:latest", true});
    EXPECT_EQ(std::get<AppRead>(happened.back()).app->image, "localhost/berth/player:latest");
    EXPECT_THAT(std::get<AppRead>(happened.back()).app->grants, IsEmpty());
    EXPECT_THAT(profiles.read_apps, IsEmpty());
}

TEST_F(CommandsTest, AnAnswerGoesWhereItsCallCameIn) {
    client_sockets.takes_replies = true;
    run(Reply{CallToken{1}, {}});
    EXPECT_EQ(client_sockets.replies.size(), 1U);
    EXPECT_THAT(publisher.replies, IsEmpty());
    client_sockets.takes_replies = false;
    run(Reply{CallToken{2}, {}});
    EXPECT_EQ(publisher.replies.size(), 1U);
}

} // namespace
} // namespace berth::effects
