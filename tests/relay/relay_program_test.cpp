// berth-relay as it is installed: what it carries, and how it ends.

#include "relay/pump.hpp"
#include "relay/relay_run.hpp"

#include <gmock/gmock.h>

#include <sys/socket.h>

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <set>

namespace berth::test {
namespace {

using relay::End;
using testing::ElementsAre;

int status_of(End end) {
    return static_cast<int>(end);
}

/// A round trip, so that what was done before has been seen.
void expect_it_carries(PipedRelay& relay, const std::string& word) {
    ASSERT_TRUE(write_bytes(relay.connection.first.get(), frame(1, word)));
    ASSERT_EQ(read_bytes(relay.out.first.get(), word.size()), word);
}

TEST(Relay, AFramedContainersTwoOutputsAreTheCallersTwo) {
    PipedRelay relay{"framed"};
    const std::string bytes = frame(1, "out 1\n") + frame(2, "err\n") + frame(1, "") + frame(0, "out 2\n");
    ASSERT_TRUE(write_bytes(relay.connection.first.get(), bytes));
    relay.connection.first.reset();
    EXPECT_EQ(relay.run.end(), status_of(End::ended));
    EXPECT_EQ(read_to_end(relay.out.first.get()), "out 1\nout 2\n");
    EXPECT_EQ(read_to_end(relay.err.first.get()), "err\n");
}

TEST(Relay, ATerminalsBytesAreCarriedAsTheyAre) {
    PipedRelay relay{"raw"};
    const std::string bytes = frame(1, "no frame here") + '\0' + "\x7f";
    ASSERT_TRUE(write_bytes(relay.connection.first.get(), bytes));
    relay.connection.first.reset();
    EXPECT_EQ(relay.run.end(), status_of(End::ended));
    EXPECT_EQ(read_to_end(relay.out.first.get()), bytes);
}

TEST(Relay, FramesThatComeByteByByteAreWhole) {
    PipedRelay relay{"framed"};
    for (const char byte : frame(1, "slow ") + frame(1, "but whole")) {
        ASSERT_TRUE(write_bytes(relay.connection.first.get(), std::string(1, byte)));
    }
    EXPECT_EQ(read_bytes(relay.out.first.get(), 14), "slow but whole");
}

TEST(Relay, TheEndOfInputShutsTheWritingHalfAndOutputGoesOn) {
    PipedRelay relay{"framed"};
    ASSERT_TRUE(write_bytes(relay.in.second.get(), "typed"));
    relay.in.second.reset();
    EXPECT_EQ(read_to_end(relay.connection.first.get()), "typed");
    expect_it_carries(relay, "later");
    relay.connection.first.reset();
    EXPECT_EQ(relay.run.end(), status_of(End::ended));
}

TEST(Relay, AContainerThatEndsWhileNobodyTypesEndsIt) {
    PipedRelay relay{"framed"};
    expect_it_carries(relay, "it runs");
    relay.connection.first.reset();
    EXPECT_EQ(relay.run.end(), status_of(End::ended));
}

TEST(Relay, AContainerThatEndsWithInputUnreadIsAnEndAsAnyOther) {
    PipedRelay relay{"framed"};
    ASSERT_TRUE(write_bytes(relay.in.second.get(), "never read"));
    ASSERT_TRUE(write_bytes(relay.connection.first.get(), frame(1, "last words")));
    std::string seen(10, '\0'); // it has come, and is left there
    ASSERT_EQ(::recv(relay.connection.first.get(), seen.data(), seen.size(), MSG_PEEK | MSG_WAITALL), 10);
    relay.connection.first.reset();
    EXPECT_EQ(relay.run.end(), status_of(End::ended));
    EXPECT_EQ(read_to_end(relay.out.first.get()), "last words");
}

TEST(Relay, AContainerThatReadsNoMoreMayStillWrite) {
    PipedRelay relay{"framed"};
    ::shutdown(relay.connection.first.get(), SHUT_RD);
    ASSERT_TRUE(write_bytes(relay.in.second.get(), "for nobody"));
    expect_it_carries(relay, "still here");
    relay.connection.first.reset();
    EXPECT_EQ(relay.run.end(), status_of(End::ended));
}

TEST(Relay, WhatIsNoFrameEndsItAfterWhatWasOne) {
    PipedRelay relay{"framed"};
    ASSERT_TRUE(write_bytes(relay.connection.first.get(), frame(1, "good") + "SSH-2.0-OpenSSH"));
    EXPECT_EQ(relay.run.end(), status_of(End::garbage));
    EXPECT_EQ(read_to_end(relay.out.first.get()), "good");
}

TEST(Relay, AnEndInTheMiddleOfAFrameIsToldFromAnEnd) {
    for (const std::size_t cut : {3U, 8U, 10U}) {
        PipedRelay relay{"framed"};
        ASSERT_TRUE(write_bytes(relay.connection.first.get(), frame(1, "whole") + frame(1, "cut").substr(0, cut)));
        relay.connection.first.reset();
        EXPECT_EQ(relay.run.end(), status_of(End::cut_off)) << cut;
        EXPECT_EQ(read_to_end(relay.out.first.get()), "whole" + std::string{"cut"}.substr(0, cut < 8 ? 0 : cut - 8));
    }
}

TEST(Relay, ACallerWhoReadsNoMoreEndsItAtOnceWithoutASignal) {
    PipedRelay idle{"framed"};
    idle.out.first.reset();
    EXPECT_EQ(idle.run.end(), status_of(End::caller_gone)) << "nothing was to be written";
    PipedRelay busy{"framed"};
    expect_it_carries(busy, "first");
    ASSERT_TRUE(
        write_bytes(busy.connection.first.get(), frame(1, std::string(100'000, 'x')))); // more than a pipe takes
    busy.out.first.reset();
    EXPECT_EQ(busy.run.end(), status_of(End::caller_gone));
}

TEST(Relay, AStderrThatNobodyReadsIsDoneWithout) {
    PipedRelay relay{"framed"};
    relay.err.first.reset();
    ASSERT_TRUE(write_bytes(relay.connection.first.get(), frame(2, "lost") + frame(2, "too")));
    expect_it_carries(relay, "kept");
    relay.connection.first.reset();
    EXPECT_EQ(relay.run.end(), status_of(End::ended));
}

TEST(Relay, AFullDiskIsAFailure) {
    FdPair connection = socket_pair();
    RelayRun run{"raw", UniqueFd{::open("/dev/null", O_RDONLY)}, UniqueFd{::open("/dev/full", O_WRONLY)},
                 UniqueFd{::open("/dev/null", O_WRONLY)}, std::move(connection.second)};
    ASSERT_TRUE(write_bytes(connection.first.get(), "x"));
    EXPECT_EQ(run.end(), status_of(End::failed));
}

TEST(Relay, FilesAreReadAndWrittenAsPipesAre) {
    FdPair connection = socket_pair();
    UniqueFd file{::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
    ASSERT_TRUE(file);
    UniqueFd same{::fcntl(file.get(), F_DUPFD_CLOEXEC, 0)};
    RelayRun run{"raw", UniqueFd{::open("/proc/version", O_RDONLY)}, std::move(file),
                 UniqueFd{::open("/dev/null", O_WRONLY)}, std::move(connection.second)};
    EXPECT_THAT(read_to_end(connection.first.get()), testing::StartsWith("Linux version"));
    ASSERT_TRUE(write_bytes(connection.first.get(), std::string(300'000, 'y')));
    connection.first.reset();
    EXPECT_EQ(run.end(), status_of(End::ended));
    EXPECT_EQ(::lseek(same.get(), 0, SEEK_END), 300'000);
}

TEST(Relay, NothingIsChangedAboutTheCallersDescriptions) {
    FdPair in = pipe_pair();
    FdPair out = pipe_pair();
    FdPair connection = socket_pair();
    const UniqueFd shared_in{::fcntl(in.first.get(), F_DUPFD_CLOEXEC, 0)};
    const UniqueFd shared_out{::fcntl(out.second.get(), F_DUPFD_CLOEXEC, 0)};
    RelayRun run{"raw", std::move(in.first), std::move(out.second), UniqueFd{::open("/dev/null", O_WRONLY)},
                 std::move(connection.second)};
    ASSERT_TRUE(write_bytes(in.second.get(), "there"));
    ASSERT_EQ(read_bytes(connection.first.get(), 5), "there");
    ASSERT_TRUE(write_bytes(connection.first.get(), "back"));
    ASSERT_EQ(read_bytes(out.first.get(), 4), "back");
    EXPECT_EQ(::fcntl(shared_in.get(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_EQ(::fcntl(shared_out.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST(Relay, SignalsThatATerminalSendsLeaveItAloneAndSigtermEndsIt) {
    PipedRelay relay{"framed"};
    expect_it_carries(relay, "before"); // its signals are set
    for (const int signal : {SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE, SIGHUP}) {
        ::kill(relay.run.pid(), signal);
        expect_it_carries(relay, "after " + std::to_string(signal));
    }
    EXPECT_EQ(relay.run.status("SigBlk"), "0000000000000000");
    ::kill(relay.run.pid(), SIGTERM);
    EXPECT_EQ(relay.run.end(), 128 + SIGTERM);
}

TEST(Relay, ItKeepsNoDescriptorButItsFour) {
    PipedRelay relay{"framed"};
    expect_it_carries(relay, "it runs");
    std::set<std::string> open;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/" + std::to_string(relay.run.pid()) + "/fd"}) {
        open.insert(entry.path().filename());
    }
    EXPECT_THAT(open, ElementsAre("0", "1", "2", "3"));
}

TEST(Relay, ATerminalCarriesBothWaysAndItsHangUpEndsIt) {
    FdPair terminal = pty_pair();
    FdPair connection = socket_pair();
    UniqueFd out{::fcntl(terminal.second.get(), F_DUPFD_CLOEXEC, 0)};
    UniqueFd err{::fcntl(terminal.second.get(), F_DUPFD_CLOEXEC, 0)};
    RelayRun run{"raw", std::move(terminal.second), std::move(out), std::move(err), std::move(connection.second)};
    ASSERT_TRUE(write_bytes(terminal.first.get(), "\x03typed")); // ctrl-c is a byte as any other
    EXPECT_EQ(read_bytes(connection.first.get(), 6), "\x03typed");
    ASSERT_TRUE(write_bytes(connection.first.get(), "shown"));
    EXPECT_EQ(read_bytes(terminal.first.get(), 5), "shown");
    terminal.first.reset();
    EXPECT_EQ(run.end(), status_of(End::caller_gone));
}

TEST(Relay, ACallWithoutAModeIsRefused) {
    for (const char* mode : {"", "frames", "--help"}) {
        FdPair err = pipe_pair();
        RelayRun run{mode, UniqueFd{::open("/dev/null", O_RDONLY)}, UniqueFd{::open("/dev/null", O_WRONLY)},
                     std::move(err.second), UniqueFd{::open("/dev/null", O_RDONLY)}};
        EXPECT_EQ(run.end(), status_of(End::usage)) << mode;
        EXPECT_THAT(read_to_end(err.first.get()), testing::HasSubstr("usage: berth-relay"));
    }
}

} // namespace
} // namespace berth::test
