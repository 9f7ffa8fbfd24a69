// The program itself, called wrongly.

#include "base/unique_fd.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/wait.h>

#include <array>
#include <string>
#include <unistd.h>
#include <vector>

namespace berth::loopback {
namespace {

using testing::HasSubstr;

struct Outcome {
    int status{-1};
    std::string said; ///< on the standard error
};

Outcome run(const std::vector<std::string>& words) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::dup2(ends[1], STDERR_FILENO);
        std::vector<char*> argv{const_cast<char*>(BERTH_LOOPBACK_PROGRAM)};
        for (const std::string& word : words) {
            argv.push_back(const_cast<char*>(word.c_str()));
        }
        argv.push_back(nullptr);
        ::execv(BERTH_LOOPBACK_PROGRAM, argv.data());
        ::_exit(127);
    }
    ::close(ends[1]);
    Outcome outcome;
    std::array<char, 512> piece{};
    for (ssize_t size = 0; (size = ::read(ends[0], piece.data(), piece.size())) > 0;) {
        outcome.said.append(piece.data(), static_cast<std::size_t>(size));
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(pid, &status, 0);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return outcome;
}

TEST(LoopbackProgram, SaysHowItIsCalled) {
    using Words = std::vector<std::string>;
    for (const Words& words : {Words{},
                               {"x11"},
                               {"x11", "6000", "0"},
                               {"tcp", "6000", "1", "1"},
                               {"x11", "0", "1", "1"},
                               {"x11", "65536", "1", "1"},
                               {"x11", "-1", "1", "1"},
                               {"x11", "6000x", "1", "1"},
                               {"x11", "6000", "4294967295", "1"},
                               {"pulse", "4713", "1", ""},
                               {"x11", "6000", "1", "1", "1"}}) {
        const Outcome outcome = run(words);
        EXPECT_EQ(outcome.status, 2);
        EXPECT_THAT(outcome.said, HasSubstr("usage: berth-loopback x11|pulse PORT UID GID"));
    }
}

} // namespace
} // namespace berth::loopback
