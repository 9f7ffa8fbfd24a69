#include "guard/child.hpp"
#include "guard/survivors.hpp"
#include "guard/vt_console.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <vector>

namespace berth::guard {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A folder that looks like a control group: what is read of one is files of numbers.
class GroupTest : public ::testing::Test {
  protected:
    void put(const std::string& file, const std::string& text) const {
        const std::filesystem::path path = dir.path() + "/" + file;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream{path} << text;
    }

    [[nodiscard]] UniqueFd open() const {
        return UniqueFd{::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    }

    [[nodiscard]] std::vector<pid_t> processes() const {
        std::vector<pid_t> all;
        each_process(
            open().get(), [](void* context, pid_t pid) { static_cast<std::vector<pid_t>*>(context)->push_back(pid); },
            &all);
        std::sort(all.begin(), all.end());
        return all;
    }

    test::ScratchFolder dir;
};

TEST_F(GroupTest, TheProcessesOfAllGroupsBelowAreSeen) {
    put("cgroup.procs", "11\n12\n");
    put("init.scope/cgroup.procs", "13\n");
    put("user.slice/user-1000.slice/session.scope/cgroup.procs", "14\n15\n");
    put("user.slice/cgroup.procs", "");
    put("memory.max", "max\n");
    EXPECT_THAT(processes(), ElementsAre(11, 12, 13, 14, 15));
}

TEST_F(GroupTest, ALongListIsReadWhole) {
    std::string text;
    std::vector<pid_t> wanted;
    for (pid_t pid = 100'000; pid < 100'700; ++pid) {
        text += std::to_string(pid) + "\n";
        wanted.push_back(pid);
    }
    put("cgroup.procs", text);
    EXPECT_EQ(processes(), wanted);
}

TEST_F(GroupTest, AGroupThatIsGoneHasNobody) {
    EXPECT_THAT(processes(), IsEmpty());
    EXPECT_FALSE(is_populated(open().get()));
}

TEST_F(GroupTest, WhetherAnybodyIsLeftIsTheEventsFilesWordWhereThereIsOne) {
    put("cgroup.procs", "");
    put("cgroup.events", "populated 1\nfrozen 0\n");
    EXPECT_TRUE(is_populated(open().get())) << "they may be in a group below";
    put("cgroup.events", "populated 0\nfrozen 0\n");
    EXPECT_FALSE(is_populated(open().get()));
    std::filesystem::remove(dir.path() + "/cgroup.events"); // control groups v1
    put("below/cgroup.procs", "17\n");
    EXPECT_TRUE(is_populated(open().get()));
}

TEST_F(GroupTest, KillingIsOneWriteWhereTheKernelHasIt) {
    put("cgroup.kill", "");
    put("cgroup.procs", std::to_string(::getpid()) + "\n"); // would end this test
    kill_all(open().get());
    std::ifstream kill{dir.path() + "/cgroup.kill"};
    std::string word;
    kill >> word;
    EXPECT_EQ(word, "1");
}

TEST_F(GroupTest, KillingIsOneByOneElsewhere) {
    const test::Owner one{[] { return true; }};
    const test::Owner other{[] { return true; }};
    put("cgroup.procs", std::to_string(one.pid()) + "\n");
    put("below/cgroup.procs", std::to_string(other.pid()) + "\n");
    kill_all(open().get());
    for (const pid_t pid : {one.pid(), other.pid()}) {
        siginfo_t info{};
        ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
        EXPECT_EQ(info.si_status, SIGKILL);
    }
}

TEST_F(GroupTest, NothingIsTakenFromThoseWhoHoldNoDevice) {
    const test::Owner one{[] { return true; }};
    put("cgroup.procs", std::to_string(one.pid()) + "\n");
    const Taken taken = take_devices(open().get());
    EXPECT_EQ(taken.tasks, 1U);
    EXPECT_EQ(taken.masters, 0U);
    EXPECT_EQ(taken.inputs, 0U);
    EXPECT_EQ(take_masters(open().get()), 0U);
}

TEST(DescriptorsTest, ACopyOfWhatAStoppedProcessHoldsIsTheSameOpenFile) {
    const test::ScratchFolder dir;
    const std::string path = dir.path() + "/card0";
    const test::Owner holder{[&path] { return ::open(path.c_str(), O_RDWR | O_CREAT, 0600) >= 0; }};
    ASSERT_TRUE(holder.ready());
    holder.stop();

    struct Seen {
        unsigned calls{0};
        bool moved{false};
    } seen;

    const unsigned count = each_descriptor(
        holder.pid(), "/card0",
        [](void* context, int fd) {
            ++static_cast<Seen*>(context)->calls;
            return ::lseek(fd, 17, SEEK_SET) == 17; // the position belongs to the open file
        },
        &seen);
    EXPECT_EQ(count, 1U);
    EXPECT_EQ(seen.calls, 1U);
    std::ifstream info;
    bool moved = false;
    for (const auto& entry : std::filesystem::directory_iterator{"/proc/" + std::to_string(holder.pid()) + "/fdinfo"}) {
        std::ifstream file{entry.path()};
        std::string line;
        std::getline(file, line);
        moved = moved || line == "pos:\t17";
    }
    EXPECT_TRUE(moved) << "it was another open file";
}

TEST(DescriptorsTest, AZombieHoldsNothing) {
    const test::Owner holder{[] { return ::open("/dev/null", O_RDWR) >= 0; }};
    holder.make_zombie();
    EXPECT_EQ(each_descriptor(
                  holder.pid(), "/dev/null", [](void*, int) { return true; }, nullptr),
              0U);
}

TEST(ChildTest, ItsWordIsTold) {
    EXPECT_EQ(in_child([](void*) { return true; }, nullptr, 10'000), Ended::well);
    EXPECT_EQ(in_child([](void*) { return false; }, nullptr, 10'000), Ended::badly);
    EXPECT_EQ(in_child(
                  [](void*) {
                      ::raise(SIGKILL);
                      return true;
                  },
                  nullptr, 10'000),
              Ended::badly);
}

TEST(ChildTest, OneThatHangsIsLeftBehindAndReapedLater) {
    EXPECT_EQ(in_child(
                  [](void*) {
                      for (;;) {
                          ::pause();
                      }
                      return true;
                  },
                  nullptr, 20),
              Ended::not_in_time);
    EXPECT_TRUE(test::eventually([] {
        reap();
        siginfo_t info{};
        return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD;
    }));
}

/// A child that has exited with status 0 and was not waited for.
pid_t ended_child() {
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::_exit(0);
    }
    siginfo_t info{};
    EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
    return pid;
}

TEST(ChildTest, OneThatIsStillToBeWaitedForIsNotReapedWithThoseLeftBehind) {
    const pid_t pid = ended_child();
    reap();
    EXPECT_EQ(wait_for_child(pid, 100), Ended::well);
}

TEST(ChildTest, OneThatIsNoChildAnyMoreIsNeitherWaitedForNorKilled) {
    const pid_t pid = ended_child();
    ASSERT_EQ(::waitpid(pid, nullptr, 0), pid);
    EXPECT_EQ(wait_for_child(pid, 100), Ended::badly); // after its time limit it would be "not_in_time", and killed
}

TEST(ChildTest, WhatItWritesIntoSharedMemoryIsSeen) {
    void* const shared = ::mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(shared, MAP_FAILED);
    EXPECT_EQ(in_child(
                  [](void* place) {
                      *static_cast<int*>(place) = 42;
                      return true;
                  },
                  shared, 10'000),
              Ended::well);
    EXPECT_EQ(*static_cast<int*>(shared), 42);
    ::munmap(shared, sizeof(int));
}

} // namespace
} // namespace berth::guard
