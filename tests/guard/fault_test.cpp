#include "guard/vt_console.hpp"
#include "support/scratch_folder.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

/// Each system call of a restore fails once, by strace's injection: no single failure costs the terminal.
namespace berth::guard {
namespace {

/// A call of the program by its name, and how many of that name it makes up to this one: how strace counts.
struct Call {
    std::string name;
    unsigned number{0};
};

int status_of(const std::string& command) {
    const int status = std::system(command.c_str()); // NOLINT(concurrency-mt-unsafe): one thread
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class RestoreFaultTest : public test::VtTest {
  protected:
    void SetUp() override {
        if (status_of("command -v strace >/dev/null") != 0) {
            GTEST_SKIP() << "strace is not installed";
        }
        test::VtTest::SetUp();
    }

    /// Runs berth-restore on the two terminals under strace with these options; its report goes to report().
    [[nodiscard]] int restore(const std::string& options) const {
        return status_of("ASAN_OPTIONS=detect_leaks=0 strace -qq " + options + " " + BERTH_RESTORE_PROGRAM +
                         " --vt 20 --home 21 --hangup >" + folder.path() + "/report 2>/dev/null");
    }

    [[nodiscard]] std::string report() const { return test::read_file(folder.path() + "/report"); }

    static void leave_behind_what_a_dead_desktop_does() {
        test::Owner owner{[] { return test::take_as_a_desktop(desktop); }};
        ASSERT_TRUE(owner.ready());
        owner.kill_and_reap();
        ASSERT_EQ(test::visible_vt(), desktop);
    }

    /// Every call from the first look at the terminal on.
    [[nodiscard]] std::vector<Call> calls_of_a_restore() const {
        const std::string trace = folder.path() + "/trace";
        EXPECT_EQ(restore("-o " + trace), 0);
        std::ifstream lines{trace};
        std::map<std::string, unsigned> counts;
        std::vector<Call> calls;
        bool begun = false;
        for (std::string line; std::getline(lines, line);) {
            const std::string name = line.substr(0, line.find('('));
            const unsigned number = ++counts[name];
            begun = begun || line.find("\"/dev/tty20\"") != std::string::npos;
            if (begun && name != "exit_group" &&
                name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") == std::string::npos) {
                calls.push_back({name, number});
            }
        }
        return calls;
    }

    test::ScratchFolder folder;
};

TEST_F(RestoreFaultTest, NoSingleFailingCallCostsTheTerminal) {
    leave_behind_what_a_dead_desktop_does();
    const std::vector<Call> calls = calls_of_a_restore();
    ASSERT_GT(calls.size(), 40U) << "what was traced is no restore";
    unsigned runs = 0;
    for (const Call& call : calls) {
        for (const char* error : {"ENOMEM", "EMFILE", "EIO", "EINTR", "EAGAIN"}) {
            SCOPED_TRACE(call.name + " number " + std::to_string(call.number) + " fails with " + error);
            leave_behind_what_a_dead_desktop_does();
            const int status = restore("-o /dev/null -e trace=" + call.name + " -e inject=" + call.name +
                                       ":error=" + error + ":when=" + std::to_string(call.number));
            EXPECT_EQ(status, 0) << report();
            EXPECT_EQ(test::visible_vt(), home);
            EXPECT_EQ(test::state_of(desktop), test::healthy());
            EXPECT_EQ(test::state_of(home), test::healthy());
            ++runs;
        }
    }
    std::printf("%u runs, one failing call in each\n", runs);
}

TEST_F(RestoreFaultTest, WithoutAnyDescriptorItSaysThatItCouldNot) {
    leave_behind_what_a_dead_desktop_does();
    const std::vector<Call> calls = calls_of_a_restore();
    ASSERT_FALSE(calls.empty());
    ASSERT_EQ(calls.front().name, "openat"); // those before it are the loader's, where the program is not static
    leave_behind_what_a_dead_desktop_does();
    EXPECT_EQ(restore("-o /dev/null -e trace=openat -e inject=openat:error=EMFILE:when=" +
                      std::to_string(calls.front().number) + "+"),
              1);
    EXPECT_NE(report().find("\"verified\":false"), std::string::npos) << report();
    EXPECT_NE(report().find("tty20: cannot be opened"), std::string::npos) << report();
    EXPECT_EQ(restore("-o /dev/null"), 0);
    EXPECT_EQ(test::state_of(desktop), test::healthy());
}

} // namespace
} // namespace berth::guard
