#include "linux/freeze_watch.hpp"
#include "support/io_test.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <unistd.h>

namespace berth::os {
namespace {

using model::SeatName;
using ::testing::ElementsAre;

const SeatName watched{"seat0"};

bool write_group(const std::string& path, const std::string& line) {
    std::ofstream file{path};
    file << line << std::flush;
    return file.good();
}

/// A child in a control group of its own (v2), below another; skipped where none can be made.
class FreezeWatchTest : public test::IoTest {
  protected:
    void SetUp() override {
        for (const char* root : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
            const std::string path = std::string{root} + "/berth-test-" + std::to_string(::getpid());
            if (::access((std::string{root} + "/cgroup.controllers").c_str(), R_OK) == 0 &&
                ::mkdir(path.c_str(), 0755) == 0) {
                outer = path;
                inner = path + "/init.scope";
                break;
            }
        }
        if (outer.empty() || ::mkdir(inner.c_str(), 0755) != 0) {
            GTEST_SKIP() << "no control group (v2) can be made here";
        }
        child = ::fork();
        if (child == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (;;) {
                ::pause();
            }
        }
        ASSERT_TRUE(write_group(inner + "/cgroup.procs", std::to_string(child)));
    }

    void TearDown() override {
        if (child > 0) {
            end_child();
        }
        ::rmdir(inner.c_str());
        ::rmdir(outer.c_str());
    }

    void end_child() {
        ::kill(child, SIGKILL);
        ::waitpid(std::exchange(child, -1), nullptr, 0);
    }

    void watch() {
        freezes.watch(watched, child, [this](bool paused) { told.push_back(paused); });
        EXPECT_TRUE(told.empty()) << "told from inside the call";
    }

    /// Pauses the group, or lets it go on, as a container engine does, and waits for the word.
    void freeze(const std::string& group, bool paused) {
        const std::size_t before = told.size();
        ASSERT_TRUE(write_group(group + "/cgroup.freeze", paused ? "1" : "0"));
        ASSERT_TRUE(run_until([&] { return told.size() > before; }));
    }

    FreezeWatch freezes{io};
    std::string outer;
    std::string inner;
    pid_t child{-1};
    std::vector<bool> told;
};

TEST_F(FreezeWatchTest, APauseAndItsEndAreToldWhicheverGroupAboveIsPaused) {
    watch();
    freeze(inner, true);
    freeze(inner, false);
    freeze(outer, true);
    freeze(outer, false);
    run_ready();
    EXPECT_THAT(told, ElementsAre(true, false, true, false));
}

TEST_F(FreezeWatchTest, OneThatIsPausedAlreadyIsToldSoon) {
    ASSERT_TRUE(write_group(outer + "/cgroup.freeze", "1"));
    std::vector<bool> first;
    freezes.watch(SeatName{"seat1"}, child, [&](bool paused) { first.push_back(paused); });
    ASSERT_TRUE(run_until([&] { return !first.empty(); })); // the kernel is through with it
    watch();
    ASSERT_TRUE(run_until([&] { return !told.empty(); }));
    EXPECT_THAT(told, ElementsAre(true));
    freeze(outer, false);
}

TEST_F(FreezeWatchTest, AfterItIsForgottenNothingIsTold) {
    watch();
    freezes.forget(watched);
    std::vector<bool> other;
    freezes.watch(SeatName{"seat1"}, child, [&](bool paused) { other.push_back(paused); });
    ASSERT_TRUE(write_group(inner + "/cgroup.freeze", "1"));
    ASSERT_TRUE(run_until([&] { return !other.empty(); }));
    run_ready();
    EXPECT_TRUE(told.empty());
    ASSERT_TRUE(write_group(inner + "/cgroup.freeze", "0"));
}

TEST_F(FreezeWatchTest, TheEndOfTheGroupIsNoPause) {
    watch();
    run_ready();
    end_child();
    ASSERT_TRUE(run_until([&] { return ::rmdir(inner.c_str()) == 0 || errno == ENOENT; }));
    run_ready();
    EXPECT_TRUE(told.empty());
}

TEST(FreezeWatchFile, IsNoneWhereTheKernelHasNone) {
    const test::ScratchFolder scratch;
    const std::string mounts = scratch.path() + "/mountinfo";
    EXPECT_EQ(FreezeWatch::events_file(::getpid(), mounts), "") << "no such list";
    test::write_file(mounts, "30 25 0:26 / /sys/fs/cgroup rw,nosuid - tmpfs tmpfs ro\nshort\n\n");
    EXPECT_EQ(FreezeWatch::events_file(::getpid(), mounts), "") << "no control groups of version 2";
    test::write_file(mounts, "30 25 0:26 / " + scratch.path() + " rw shared:4 - cgroup2 cgroup2 rw\n");
    EXPECT_EQ(FreezeWatch::events_file(::getpid(), mounts), "") << "its group has no such file there";
    EXPECT_EQ(FreezeWatch::events_file(0, mounts), "");
    EXPECT_EQ(FreezeWatch::events_file(-1, mounts), "");
}

} // namespace
} // namespace berth::os
