#include "guard/vt_console.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>

namespace berth::guard {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Outcome {
    int exit_code{-1};
    std::string output;
};

/// Runs the built berth-restore by a shell, stderr in the output.
Outcome run(const std::string& arguments) {
    FILE* const pipe = ::popen((std::string{BERTH_RESTORE_PROGRAM} + " " + arguments + " 2>&1").c_str(), "re");
    Outcome outcome;
    std::array<char, 4096> piece{};
    for (std::size_t size = 0; (size = std::fread(piece.data(), 1, piece.size(), pipe)) > 0;) {
        outcome.output.append(piece.data(), size);
    }
    const int status = ::pclose(pipe);
    outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return outcome;
}

class RestoreProgramTest : public test::VtTest {};

TEST_F(RestoreProgramTest, RestoresAndPrintsOneLineOfJson) {
    test::Owner owner{[] { return test::take_as_a_desktop(desktop); }};
    ASSERT_TRUE(owner.ready());
    owner.kill_and_reap();
    const Outcome outcome = run("--vt 20 --home 21 --hangup");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_THAT(
        outcome.output,
        StartsWith(
            R"({"verified":true,"found":["tty20: VT_PROCESS","tty20: KD_GRAPHICS","tty20: keyboard off","tty21: not visible"],)"));
    EXPECT_THAT(outcome.output, HasSubstr("\"remaining\":[],"));
    EXPECT_EQ(outcome.output.find('\n'), outcome.output.size() - 1);
    EXPECT_EQ(test::state_of(desktop), test::healthy());
    EXPECT_EQ(test::visible_vt(), home);
}

TEST_F(RestoreProgramTest, AControlGroupThatIsGoneHindersNothing) {
    test::Owner owner{[] { return test::take_as_a_desktop(desktop); }};
    ASSERT_TRUE(owner.ready());
    owner.kill_and_reap();
    const Outcome outcome = run("--vt 20 --home 21 --cgroup /nonexistent");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_EQ(test::state_of(desktop), test::healthy());
}

TEST_F(RestoreProgramTest, WithoutArgumentsTheVisibleTerminalIsRestored) {
    const UniqueFd holder = test::open_vt(home);
    ASSERT_EQ(::ioctl(holder.get(), KDSKBMODE, K_OFF), 0);
    const Outcome outcome = run("");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr(R"("found":["tty21: keyboard off"])"));
    EXPECT_EQ(test::state_of(home), test::healthy());
}

TEST_F(RestoreProgramTest, AStdoutThatTakesNothingDoesNotKeepItFromRestoring) {
    const UniqueFd holder = test::open_vt(desktop);
    ASSERT_EQ(::ioctl(holder.get(), KDSKBMODE, K_OFF), 0);
    EXPECT_EQ(run("--vt 20 --home 21 >/dev/full").exit_code, 0);
    EXPECT_EQ(test::state_of(desktop), test::healthy());
}

TEST(RestoreProgramUsageTest, WrongArgumentsAreUsageAndChangeNothing) {
    for (const char* arguments :
         {"--vt 7", "--home 1", "--vt 0 --home 1", "--vt 64 --home 1", "--vt 7 --home -1", "--vt x --home 1",
          "--vt 7x --home 1", "--vt '' --home 1", "--vt 7 --home 1 --keyboard 4", "--vt 7 --home 1 --cgroup relative",
          "--vt 7 --home 1 extra", "--vt 99999999999999999999 --home 1", "--nosuch", "--help"}) {
        const Outcome outcome = run(arguments);
        EXPECT_EQ(outcome.exit_code, 2) << arguments;
        EXPECT_THAT(outcome.output, HasSubstr("usage: berth-restore")) << arguments;
    }
}

} // namespace
} // namespace berth::guard
