#include "guard/guard_process.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <string>

/// `berth switch-away` on this machine's real terminals, with a guard and without a berthd.
namespace berth::test {

namespace {

using ::testing::HasSubstr;

class SwitchAwayProgram : public GuardTest {
  protected:
    struct Ended {
        int status{-1};
        std::string out;
    };

    [[nodiscard]] Ended switch_away(const std::string& more = {}) const {
        const std::string command = std::string{BERTH_PROGRAM} + " --bus unix:path=/nonexistent switch-away" +
                                    " --runtime-dir " + folder.path() + " " + more + " 2>&1";
        Ended ended;
        std::FILE* const pipe = ::popen(command.c_str(), "re");
        std::array<char, 1024> buffer{};
        for (std::size_t got = 0; pipe != nullptr && (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
            ended.out.append(buffer.data(), got);
        }
        const int status = pipe != nullptr ? ::pclose(pipe) : -1;
        ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        return ended;
    }
};

TEST_F(SwitchAwayProgram, AHungDesktopIsLeftWithoutBerthdAndGoesOn) {
    const Owner owner{[] { return take_as_a_desktop(desktop); }};
    ASSERT_TRUE(owner.ready());
    put_lease(text_of(lease_for(owner)));
    const GuardProcess guard{folder.path()};
    ASSERT_TRUE(guard.ready()) << guard.log();
    owner.stop();
    const Ended ended = switch_away();
    EXPECT_EQ(ended.status, 0);
    EXPECT_EQ(ended.out,
              "seat0: tty21 is seen; the desktop goes on, though it did not let its terminal go by itself\n");
    EXPECT_EQ(visible_vt(), home);
    EXPECT_TRUE(state_of(desktop).graphics);
    EXPECT_EQ(::kill(owner.pid(), 0), 0);
    EXPECT_THAT(guard.log(), HasSubstr("\"switched\":true"));
}

TEST_F(SwitchAwayProgram, WithoutALoanOrAGuardItSaysSo) {
    const Ended alone = switch_away();
    EXPECT_EQ(alone.status, 1);
    EXPECT_THAT(alone.out, HasSubstr("/guard/seat0.sock) cannot be asked: No such file or directory"));
    const GuardProcess guard{folder.path()};
    ASSERT_TRUE(guard.ready()) << guard.log();
    const Ended idle = switch_away();
    EXPECT_EQ(idle.status, 1);
    EXPECT_THAT(idle.out, HasSubstr("no terminal is lent to a desktop"));
}

TEST_F(SwitchAwayProgram, ASeatIsANameAndNoPath) {
    EXPECT_EQ(switch_away("--seat ../seat0").status, 2);
}

} // namespace

} // namespace berth::test
