// What every ports::ContainerStreams does, run over the same engines as the engines' own contract.

#include "engine/engine_contract.hpp"
#include "engine/test_stream.hpp"
#include "linux/stream_relays.hpp"
#include "relay/relay_run.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <optional>

namespace berth::test {
namespace {

using namespace std::chrono_literals;
using ports::StreamConnection;
using ports::StreamedExec;
using ports::StreamedExecSpec;
using testing::HasSubstr;

/// Adds to the contract's fixture what its tests of streams need. A suite of its own, for the same engines.
class StreamsContract : public EngineContract {
  protected:
    Result<StreamConnection> attach() {
        return ask<StreamConnection>([this](Done<StreamConnection> done) { streams().attach(name_, std::move(done)); });
    }

    /// Makes a container, attaches to it and starts it.
    std::unique_ptr<TestStream> run_attached(std::vector<std::string> command, bool terminal = false) {
        ContainerSpec wanted = spec(std::move(command));
        wanted.open_stdin = true;
        wanted.terminal = terminal;
        const auto id = create(wanted);
        EXPECT_TRUE(id) << id.error().message;
        auto connection = attach();
        EXPECT_TRUE(connection) << connection.error().message;
        std::unique_ptr<TestStream> stream;
        if (connection) {
            stream = std::make_unique<TestStream>(host_->io(), std::move(*connection));
            const auto started = start();
            EXPECT_TRUE(started) << started.error().message;
        }
        return stream;
    }

    Result<StreamedExec> begin(std::vector<std::string> command, bool terminal = false) {
        StreamedExecSpec wanted;
        wanted.exec.command = std::move(command);
        wanted.terminal = terminal;
        return ask<StreamedExec>(
            [&](Done<StreamedExec> done) { streams().begin_exec(name_, wanted, std::move(done)); });
    }

    Result<int> end_of(const std::string& exec, std::chrono::milliseconds limit = 20s) {
        return ask<int>([&](Done<int> done) { streams().end_of_exec(exec, limit, std::move(done)); });
    }

    Result<void> resize(std::uint32_t rows, std::uint32_t columns) {
        return ask<void>([&](Done<void> done) { streams().resize(name_, rows, columns, std::move(done)); });
    }

    Result<StreamConnection> logs(bool follow, std::uint32_t tail) {
        return ask<StreamConnection>(
            [&](Done<StreamConnection> done) { streams().logs(name_, follow, tail, std::move(done)); });
    }

    Result<int> exit_code() {
        return ask<int>([this](Done<int> done) { engine().wait(name_, 20s, std::move(done)); });
    }
};

TEST_P(StreamsContract, AttachedBeforeTheStartAShortCommandsOutputIsAllThere) {
    auto stream = run_attached({"/bin/echo", "hello", "world"});
    ASSERT_TRUE(stream);
    EXPECT_TRUE(stream->framed());
    ASSERT_TRUE(stream->wait_for_end());
    EXPECT_EQ(stream->outputs(), (Outputs{"hello world\n", "", true}));
    EXPECT_EQ(*exit_code(), 0);
}

TEST_P(StreamsContract, StandardErrorIsToldApartAndTheExitCodeIsTheCommands) {
    auto stream = run_attached({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"});
    ASSERT_TRUE(stream);
    ASSERT_TRUE(stream->wait_for_end());
    EXPECT_EQ(stream->outputs(), (Outputs{"out\n", "err\n", true}));
    EXPECT_EQ(*exit_code(), 3);
}

TEST_P(StreamsContract, InputReachesTheCommandAndItsEndEndsIt) {
    auto stream = run_attached({"/bin/cat"});
    ASSERT_TRUE(stream);
    ASSERT_TRUE(stream->send("first\n"));
    EXPECT_TRUE(stream->wait_for("first\n"));
    ASSERT_TRUE(stream->send("second\n"));
    stream->end_input();
    ASSERT_TRUE(stream->wait_for_end());
    EXPECT_EQ(stream->outputs(), (Outputs{"first\nsecond\n", "", true}));
    EXPECT_EQ(*exit_code(), 0);
}

TEST_P(StreamsContract, AClientWhoLeavesEndsTheInput) {
    auto stream = run_attached({"/bin/cat"});
    ASSERT_TRUE(stream);
    ASSERT_TRUE(stream->send("first\n"));
    EXPECT_TRUE(stream->wait_for("first\n"));
    stream.reset();
    const auto code = exit_code();
    ASSERT_TRUE(code) << code.error().message;
    EXPECT_EQ(*code, 0);
}

/// A script that says the size of its terminal. podman answers a resize when it has told its monitor of it, which may
/// be before the terminal has that size.
std::string when_its_size_is(const std::string& size) {
    return "read line; until [ \"$(stty size 2>/dev/null)\" = '" + size + "' ]; do :; done; stty size";
}

TEST_P(StreamsContract, ATerminalGivesRawBytesAndSeesItsSize) {
    auto stream = run_attached({"/bin/sh", "-c", when_its_size_is("40 100")}, true);
    ASSERT_TRUE(stream);
    EXPECT_FALSE(stream->framed());
    const auto resized = resize(40, 100);
    ASSERT_TRUE(resized) << resized.error().message;
    ASSERT_TRUE(stream->send("\n"));
    ASSERT_TRUE(stream->wait_for_end());
    EXPECT_THAT(stream->bytes(), HasSubstr("40 100"));
    EXPECT_EQ(*exit_code(), 0);
}

TEST_P(StreamsContract, WhatHasNoTerminalHasNoSize) {
    run(spec());
    const auto resized = resize(40, 100);
    ASSERT_FALSE(resized);
    EXPECT_EQ(resized.error().code, ErrorCode::failed);
    EXPECT_THAT(resized.error().message, HasSubstr("terminal"));
}

TEST_P(StreamsContract, AttachingToWhatIsNotThereIsAnErrorThatNamesIt) {
    const auto missing = attach();
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::failed);
    EXPECT_THAT(missing.error().message, HasSubstr(name_));
}

TEST_P(StreamsContract, OneThatHasEndedIsAttachedToForItsNextRun) {
    ContainerSpec wanted = spec({"/bin/echo", "again"});
    wanted.open_stdin = true;
    run(wanted);
    ASSERT_TRUE(exit_code());
    auto connection = attach();
    ASSERT_TRUE(connection) << connection.error().message;
    TestStream stream{host_->io(), std::move(*connection)};
    ASSERT_TRUE(start());
    ASSERT_TRUE(stream.wait_for_end());
    EXPECT_EQ(stream.outputs(), (Outputs{"again\n", "", true}));
}

TEST_P(StreamsContract, ACommandInsideHasItsOwnStreamsAndExitCode) {
    run(spec());
    auto exec = begin({"/bin/sh", "-c", "cat; exit 5"});
    ASSERT_TRUE(exec) << exec.error().message;
    TestStream stream{host_->io(), std::move(exec->streams)};
    EXPECT_TRUE(stream.framed());
    ASSERT_TRUE(stream.send("to the command\n"));
    EXPECT_TRUE(stream.wait_for("to the command\n"));
    stream.end_input();
    ASSERT_TRUE(stream.wait_for_end());
    EXPECT_EQ(stream.outputs(), (Outputs{"to the command\n", "", true}));
    const auto code = end_of(exec->id);
    ASSERT_TRUE(code) << code.error().message;
    EXPECT_EQ(*code, 5);
}

TEST_P(StreamsContract, TwoCommandsInsideDoNotHearEachOther) {
    run(spec());
    auto one = begin({"/bin/cat"});
    auto two = begin({"/bin/cat"});
    ASSERT_TRUE(one && two);
    TestStream first{host_->io(), std::move(one->streams)};
    TestStream second{host_->io(), std::move(two->streams)};
    ASSERT_TRUE(first.send("one"));
    ASSERT_TRUE(second.send("two"));
    first.end_input();
    ASSERT_TRUE(first.wait_for_end());
    EXPECT_FALSE(second.ended());
    second.end_input();
    ASSERT_TRUE(second.wait_for_end());
    EXPECT_EQ(first.outputs().out, "one");
    EXPECT_EQ(second.outputs().out, "two");
}

TEST_P(StreamsContract, ACommandInATerminalSeesItsSize) {
    run(spec());
    auto exec = begin({"/bin/sh", "-c", when_its_size_is("33 99")}, true);
    ASSERT_TRUE(exec) << exec.error().message;
    TestStream stream{host_->io(), std::move(exec->streams)};
    EXPECT_FALSE(stream.framed());
    const auto resized = ask<void>([&](Done<void> done) { streams().resize_exec(exec->id, 33, 99, std::move(done)); });
    ASSERT_TRUE(resized) << resized.error().message;
    ASSERT_TRUE(stream.send("\n"));
    ASSERT_TRUE(stream.wait_for_end());
    EXPECT_THAT(stream.bytes(), HasSubstr("33 99"));
    EXPECT_EQ(*end_of(exec->id), 0);
}

TEST_P(StreamsContract, TheExitCodeOfACommandThatRunsIsTimedOut) {
    run(spec());
    auto exec = begin({"/bin/cat"});
    ASSERT_TRUE(exec) << exec.error().message;
    const auto code = end_of(exec->id, 100ms);
    ASSERT_FALSE(code);
    EXPECT_EQ(code.error().code, ErrorCode::timed_out);
}

TEST_P(StreamsContract, ACommandInWhatDoesNotRunIsRefusedBeforeItHasStreams) {
    ASSERT_TRUE(create(spec()));
    const auto exec = begin({"/bin/cat"});
    ASSERT_FALSE(exec);
    EXPECT_EQ(exec.error().code, ErrorCode::failed);
}

TEST_P(StreamsContract, TheLogsHaveAllOrTheLastLines) {
    run(spec({"/bin/sh", "-c", "echo one; echo two; echo three; cat"}));
    ASSERT_TRUE(exit_code());
    for (const auto& [tail, text] : {std::pair{0U, "one\ntwo\nthree\n"}, std::pair{2U, "two\nthree\n"}}) {
        auto connection = logs(false, tail);
        ASSERT_TRUE(connection) << connection.error().message;
        TestStream stream{host_->io(), std::move(*connection)};
        ASSERT_TRUE(stream.wait_for_end());
        EXPECT_EQ(stream.outputs().out, text) << tail;
    }
}

TEST_P(StreamsContract, FollowedLogsGoOnUntilTheContainerEnds) {
    auto stream = run_attached({"/bin/sh", "-c", "echo one; echo two; echo three; cat"});
    ASSERT_TRUE(stream);
    ASSERT_TRUE(stream->wait_for("three\n"));
    auto connection = logs(true, 0);
    ASSERT_TRUE(connection) << connection.error().message;
    TestStream followed{host_->io(), std::move(*connection)};
    EXPECT_TRUE(followed.wait_for("three\n"));
    ASSERT_TRUE(stream->send("later\n"));
    EXPECT_TRUE(followed.wait_for("later\n"));
    EXPECT_FALSE(followed.ended());
    stream->end_input();
    ASSERT_TRUE(followed.wait_for_end());
    EXPECT_EQ(followed.outputs().out, "one\ntwo\nthree\nlater\n");
}

TEST_P(StreamsContract, TheLogsOfWhatIsNotThereAreAnErrorThatNamesIt) {
    const auto connection = logs(false, 0);
    ASSERT_FALSE(connection);
    EXPECT_EQ(connection.error().code, ErrorCode::failed);
    EXPECT_THAT(connection.error().message, HasSubstr(name_));
}

INSTANTIATE_TEST_SUITE_P(Engines, StreamsContract, testing::Values("fake", "podman", "podman_compat", "docker"),
                         [](const auto& parameter) { return std::string{parameter.param}; });

/// What only a real command can show.
class RealStreams : public StreamsContract {};

TEST_P(RealStreams, AMebibyteGoesInAndComesOutWhole) {
    auto stream = run_attached({"/bin/cat"});
    ASSERT_TRUE(stream);
    std::string sent;
    for (int number = 0; sent.size() < std::size_t{1024} * 1024; ++number) {
        sent += std::to_string(number) + "\n";
    }
    ASSERT_TRUE(stream->send(sent));
    stream->end_input();
    ASSERT_TRUE(stream->wait_for_end(60s));
    const Outputs outputs = stream->outputs();
    EXPECT_TRUE(outputs.sound);
    EXPECT_EQ(outputs.out.size(), sent.size());
    EXPECT_TRUE(outputs.out == sent) << "it is not what was sent";
}

TEST_P(RealStreams, TheOutputOfShortCommandsIsNeverLost) {
    for (int round = 0; round < 5; ++round) {
        auto stream = run_attached({"/bin/echo", "container", std::to_string(round)});
        ASSERT_TRUE(stream && stream->wait_for_end());
        EXPECT_EQ(stream->outputs().out, "container " + std::to_string(round) + "\n");
        ask<void>([this](Done<void> done) { engine().remove(name_, std::move(done)); });
    }
    run(spec());
    for (int round = 0; round < 10; ++round) {
        auto exec = begin({"/bin/echo", "command", std::to_string(round)});
        ASSERT_TRUE(exec) << exec.error().message;
        TestStream stream{host_->io(), std::move(exec->streams)};
        ASSERT_TRUE(stream.wait_for_end());
        EXPECT_EQ(stream.outputs().out, "command " + std::to_string(round) + "\n");
        EXPECT_EQ(*end_of(exec->id), 0);
    }
}

TEST_P(RealStreams, NoBytesMakeItDetach) {
    std::string all = "\x10\x11"; // ctrl-p ctrl-q
    for (int byte = 0; byte < 256; ++byte) {
        all += static_cast<char>(byte);
    }
    auto stream = run_attached({"/bin/cat"});
    ASSERT_TRUE(stream);
    ASSERT_TRUE(stream->send(all));
    stream->end_input();
    ASSERT_TRUE(stream->wait_for_end());
    EXPECT_EQ(stream->outputs().out, all);
}

TEST_P(RealStreams, CtrlPAndCtrlQReachACommandInATerminal) {
    auto stream = run_attached({"/bin/sh", "-c", "stty raw; echo ready; head -c 3"}, true);
    ASSERT_TRUE(stream);
    ASSERT_TRUE(stream->wait_for("ready"));
    ASSERT_TRUE(stream->send("\x10\x11!"));
    ASSERT_TRUE(stream->wait_for_end());
    EXPECT_THAT(stream->bytes(), HasSubstr("\x10\x11!"));
}

TEST_P(RealStreams, ACommandInsideHasTheWantedWorkingDirectoryUserAndEnvironment) {
    run(spec());
    StreamedExecSpec wanted;
    wanted.exec.command = {"/bin/sh", "-c", "pwd; id -u; echo $GIVEN"};
    wanted.exec.user = "1000";
    wanted.exec.environment = {{"GIVEN", "a b"}};
    wanted.working_directory = "/tmp";
    auto exec =
        ask<StreamedExec>([&](Done<StreamedExec> done) { streams().begin_exec(name_, wanted, std::move(done)); });
    ASSERT_TRUE(exec) << exec.error().message;
    TestStream stream{host_->io(), std::move(exec->streams)};
    ASSERT_TRUE(stream.wait_for_end());
    EXPECT_EQ(stream.outputs().out, "/tmp\n1000\na b\n");
}

TEST_P(RealStreams, ARelayCarriesACallersPipesToTheCommandAndBack) {
    ContainerSpec wanted = spec({"/bin/sh", "-c", "cat; echo err >&2"});
    wanted.open_stdin = true;
    ASSERT_TRUE(create(wanted));
    auto connection = attach();
    ASSERT_TRUE(connection) << connection.error().message;
    FdPair in = pipe_pair();
    FdPair out = pipe_pair();
    FdPair err = pipe_pair();
    os::StreamRelays relays{host_->io(), BERTH_RELAY_PROGRAM};
    std::optional<Result<void>> ended;
    relays.relay("test", std::move(*connection), {std::move(in.first), std::move(out.second), std::move(err.second)},
                 [&ended](Result<void> result) { ended = std::move(result); });
    ASSERT_TRUE(start());
    ASSERT_TRUE(write_bytes(in.second.get(), "by way of the relay"));
    in.second.reset();
    ASSERT_TRUE(turn_until(host_->io(), [&ended] { return ended.has_value(); }));
    EXPECT_TRUE(*ended) << ended->error().message;
    EXPECT_EQ(read_to_end(out.first.get()), "by way of the relay");
    EXPECT_EQ(read_to_end(err.first.get()), "err\n");
    EXPECT_EQ(*exit_code(), 0);
}

TEST_P(RealStreams, ACommandThatIsNotThereIsRefusedOrEndsAsTheShellWouldSay) {
    run(spec());
    auto exec = begin({"/bin/no-such-command"});
    if (!exec) {
        EXPECT_EQ(exec.error().code, ErrorCode::failed);
        EXPECT_THAT(exec.error().message, HasSubstr("no-such-command"));
        return;
    }
    const auto code = end_of(exec->id);
    ASSERT_TRUE(code) << code.error().message;
    EXPECT_THAT(*code, testing::AnyOf(126, 127, 255));
}

INSTANTIATE_TEST_SUITE_P(Engines, RealStreams, testing::Values("podman", "podman_compat", "docker"),
                         [](const auto& parameter) { return std::string{parameter.param}; });

} // namespace
} // namespace berth::test
