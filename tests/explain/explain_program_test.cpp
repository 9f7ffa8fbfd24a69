#include "guard/guard_process.hpp"
#include "guard/vt_console.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <string>

/// The built program on this machine's real terminals, with a run-time folder of the test's and a bus that is not
/// there.
namespace berth::test {

namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class ExplainProgram : public GuardTest {
  protected:
    struct Result {
        int status{-1};
        std::string out;
    };

    /// `as`: words in front of the program's name.
    [[nodiscard]] Result run(const std::string& arguments, const std::string& as = {}) const {
        const std::string command = as + BERTH_PROGRAM + " --bus unix:path=/nonexistent explain --runtime-dir " +
                                    folder.path() + " " + arguments + " 2>&1";
        Result result;
        std::FILE* const pipe = ::popen(command.c_str(), "re");
        std::array<char, 4096> buffer{};
        for (std::size_t got = 0; pipe != nullptr && (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
            result.out.append(buffer.data(), got);
        }
        const int status = pipe != nullptr ? ::pclose(pipe) : -1;
        result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        return result;
    }

    [[nodiscard]] json ask() const {
        const Result result = run("--json");
        EXPECT_EQ(result.status, 0) << result.out;
        return json::parse(result.out, nullptr, false);
    }

    static json terminal(const json& all, unsigned number) {
        for (const json& each : all["terminals"]) {
            if (each["number"] == number) {
                return each;
            }
        }
        ADD_FAILURE() << "no tty" << number << " in " << all.dump(2);
        return {};
    }

    static std::vector<std::string> advice_of(const json& all, const char* key) {
        std::vector<std::string> texts;
        for (const json& each : all["advice"]) {
            texts.push_back(each[key]);
        }
        return texts;
    }
};

TEST_F(ExplainProgram, WhoTookTheTerminalIsNamedWithItsPid) {
    const Owner owner{[] { return take_as_a_desktop(desktop); }};
    ASSERT_TRUE(owner.ready());
    const json all = ask();
    EXPECT_EQ(all["visible"], desktop);
    const json taken = terminal(all, desktop);
    EXPECT_EQ(taken["mode"], "graphics");
    EXPECT_EQ(taken["switches"], "process");
    EXPECT_EQ(taken["keyboard"], "off");
    ASSERT_EQ(taken["holders"].size(), 1U) << taken.dump();
    EXPECT_EQ(taken["holders"][0]["pid"], owner.pid());
    EXPECT_THAT(advice_of(all, "what"), ::testing::Contains(HasSubstr("(" + std::to_string(owner.pid()) +
                                                                      ") has it open, but no graphics card")));
    EXPECT_THAT(run("").out, HasSubstr("(" + std::to_string(owner.pid()) + ")"));
}

TEST_F(ExplainProgram, WhatADeadDesktopLeftIsToBeRestored) {
    Owner owner{[] { return take_as_a_desktop(desktop); }};
    ASSERT_TRUE(owner.ready());
    owner.kill_and_reap();
    const json all = ask();
    EXPECT_EQ(terminal(all, desktop)["holders"], json::array());
    EXPECT_THAT(advice_of(all, "what"), ::testing::Contains(HasSubstr("nobody draws there")));
    EXPECT_THAT(advice_of(all, "next"), ::testing::Contains("berth restore-tty"));
}

TEST_F(ExplainProgram, NothingIsChangedByLooking) {
    const Owner owner{[] { return take_as_a_desktop(desktop); }};
    ASSERT_TRUE(owner.ready());
    const auto before_it = state_of(desktop);
    ASSERT_EQ(run("").status, 0);
    EXPECT_EQ(state_of(desktop), before_it);
    EXPECT_EQ(visible_vt(), desktop);
}

TEST_F(ExplainProgram, ALentTerminalWithoutAGuardIsSaid) {
    const Owner owner{[] { return take_as_a_desktop(desktop); }};
    ASSERT_TRUE(owner.ready());
    put_lease(text_of(lease_for(owner)));
    const json all = ask();
    EXPECT_EQ(all["lease"]["init"]["pid"], owner.pid());
    EXPECT_EQ(all["lease"]["init_lives"], true);
    EXPECT_TRUE(terminal(all, desktop)["lent"]);
    EXPECT_TRUE(terminal(all, home)["home"]);
    EXPECT_EQ(terminal(all, home)["mode"], "text");
    EXPECT_EQ(all["guard"]["presence"], "absent");
    EXPECT_THAT(advice_of(all, "next"), ::testing::Contains("systemctl start berth-guard@seat0"));
}

TEST_F(ExplainProgram, ARealGuardIsAskedAndIsNotDisturbed) {
    const Owner owner{[] { return take_as_a_desktop(desktop); }};
    ASSERT_TRUE(owner.ready());
    put_lease(text_of(lease_for(owner)));
    const GuardProcess guard{folder.path()};
    ASSERT_TRUE(guard.ready()) << guard.log();
    const json all = ask();
    EXPECT_EQ(all["guard"]["presence"], "here") << all["guard"].dump();
    EXPECT_EQ(all["guard"]["word"], "armed");
    EXPECT_EQ(all["guard"]["desktop"], "alive");
    EXPECT_EQ(all["guard"]["berthd"], false) << "looking is not being its berthd";
    EXPECT_EQ(ask()["guard"], all["guard"]);
}

TEST_F(ExplainProgram, AGuardThatIsStoppedCostsASecondAtMost) {
    const GuardProcess guard{folder.path()};
    ASSERT_TRUE(guard.ready()) << guard.log();
    ::kill(guard.pid(), SIGSTOP);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(ask()["guard"]["presence"], "silent");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{10});
}

TEST_F(ExplainProgram, WhoIsNotRootIsToldWhatIsMissing) {
    const Owner owner{[] { return take_as_a_desktop(desktop); }};
    ASSERT_TRUE(owner.ready());
    const Result result = run("--json", "setpriv --reuid 65534 --clear-groups ");
    if (result.status == 126 || result.status == 127) {
        GTEST_SKIP() << "nobody may run the program from here: " << result.out;
    }
    EXPECT_EQ(result.status, 0) << "what can be read is told";
    const json all = json::parse(result.out, nullptr, false);
    EXPECT_EQ(all["root"], false);
    EXPECT_EQ(all["visible"], desktop);
    EXPECT_EQ(terminal(all, desktop)["mode"], nullptr) << "not guessed";
    EXPECT_THAT(result.out, HasSubstr("the modes of tty20"));
    EXPECT_THAT(result.out, HasSubstr("the open files of "));
    EXPECT_THAT(advice_of(all, "next"), ::testing::Contains("sudo berth explain --seat seat0"));
}

TEST_F(ExplainProgram, AWrongNameIsAWrongUse) {
    EXPECT_EQ(run("--seat ../seat0").status, 2);
    EXPECT_EQ(run("--seat ''").status, 2);
    EXPECT_EQ(run("extra").status, 2);
}

} // namespace

} // namespace berth::test
