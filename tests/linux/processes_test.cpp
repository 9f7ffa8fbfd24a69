#include "linux/processes.hpp"
#include "support/a_process.hpp"
#include "support/io_test.hpp"
#include "support/sanitizers.hpp"
#include "support/scratch_folder.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <csignal>
#include <unistd.h>

namespace berth::os {
namespace {

using model::SeatName;
using test::Child;
using test::ControlGroup;

const SeatName desk{"seat0"};

class ProcessesTest : public test::IoTest {
  protected:
    Processes processes{io};
    int exits = 0;
};

TEST_F(ProcessesTest, AKilledProcessIsReportedOnceThoughNobodyReapsIt) {
    const Child child;
    processes.watch(desk, child.pid(), [&] { ++exits; });
    run_ready();
    EXPECT_EQ(exits, 0);
    ::kill(child.pid(), SIGKILL);
    ASSERT_TRUE(run_until([&] { return exits != 0; }));
    run_ready();
    EXPECT_EQ(exits, 1);
}

TEST_F(ProcessesTest, AProcessThatIsNotThereIsReportedSoonAndNotFromInsideTheCall) {
    Child child;
    const pid_t pid = child.pid();
    ::kill(pid, SIGKILL);
    child.reap();
    processes.watch(desk, pid, [&] { ++exits; });
    EXPECT_EQ(exits, 0);
    EXPECT_TRUE(run_until([&] { return exits == 1; }));
}

TEST_F(ProcessesTest, ANumberThatIsNoProcessIsReportedAsGone) {
    processes.watch(desk, 0, [&] { ++exits; });
    EXPECT_TRUE(run_until([&] { return exits == 1; }));
    EXPECT_TRUE(processes.signal(desk, SIGKILL).has_value());
}

TEST_F(ProcessesTest, ASignalReachesTheWatchedProcess) {
    Child child;
    processes.watch(desk, child.pid(), [&] { ++exits; });
    ASSERT_TRUE(processes.signal(desk, SIGTERM).has_value());
    ASSERT_TRUE(run_until([&] { return exits == 1; }));
    const int status = child.reap();
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), SIGTERM);
}

TEST_F(ProcessesTest, SignallingAProcessThatIsGoneIsNoError) {
    Child child;
    processes.watch(desk, child.pid(), [&] { ++exits; });
    ::kill(child.pid(), SIGKILL);
    child.reap();
    EXPECT_TRUE(processes.signal(desk, SIGTERM).has_value()); // before the loop has seen the end
    ASSERT_TRUE(run_until([&] { return exits == 1; }));
    EXPECT_TRUE(processes.signal(desk, SIGTERM).has_value());
}

TEST_F(ProcessesTest, SignallingASeatWithoutAProcessIsAnErrorThatNamesTheSeat) {
    const auto result = processes.signal(desk, SIGTERM);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().message, "no process of seat seat0 is watched");
}

TEST_F(ProcessesTest, ASignalNumberThatTheKernelDoesNotKnowIsAnError) {
    const Child child;
    processes.watch(desk, child.pid(), [&] { ++exits; });
    EXPECT_FALSE(processes.signal(desk, 1000).has_value());
}

TEST_F(ProcessesTest, AForgottenProcessIsNotReported) {
    const Child child;
    processes.watch(desk, child.pid(), [&] { ++exits; });
    processes.forget(desk);
    ::kill(child.pid(), SIGKILL);
    bool other = false;
    processes.watch(SeatName{"seat1"}, child.pid(), [&] { other = true; });
    ASSERT_TRUE(run_until([&] { return other; }));
    EXPECT_EQ(exits, 0);
}

TEST_F(ProcessesTest, ANewWatchReplacesTheSeatsEarlierOne) {
    const Child first;
    const Child second;
    int second_exits = 0;
    processes.watch(desk, first.pid(), [&] { ++exits; });
    processes.watch(desk, second.pid(), [&] { ++second_exits; });
    ::kill(first.pid(), SIGKILL);
    ::kill(second.pid(), SIGKILL);
    ASSERT_TRUE(run_until([&] { return second_exits == 1; }));
    EXPECT_EQ(exits, 0);
}

TEST_F(ProcessesTest, AProcessIsStillWatchedWhenThereWasNoDescriptorAtFirst) {
    if (BERTH_ASAN == 1) {
        GTEST_SKIP() << "the sanitizers themselves need descriptors";
    }
    const Child child;
    const boost::asio::posix::stream_descriptor reactor{io}; // Asio's own descriptors exist before the shortage
    rlimit old{};
    ::getrlimit(RLIMIT_NOFILE, &old);
    rlimit none = old;
    none.rlim_cur = 0;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    processes.watch(desk, child.pid(), [&] { ++exits; });
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &old), 0);
    EXPECT_FALSE(processes.signal(desk, SIGTERM).has_value());
    run_ready();
    EXPECT_EQ(exits, 0);
    ::kill(child.pid(), SIGKILL);
    EXPECT_TRUE(run_until([&] { return exits == 1; }));
}

TEST_F(ProcessesTest, AProcessBelongsToTheContainerThatItsControlGroupIsNamedAfter) {
    const std::string container = "0123456789abcdef" + std::to_string(::getpid());
    const ControlGroup group{"libpod-" + container + ".scope"};
    const Child child;
    EXPECT_FALSE(processes.belongs_to(child.pid(), container));
    if (!group.take(child.pid())) {
        GTEST_SKIP() << "no control group can be made here";
    }
    EXPECT_TRUE(processes.belongs_to(child.pid(), container));
    EXPECT_FALSE(processes.belongs_to(child.pid(), container + "0"));
    EXPECT_FALSE(processes.belongs_to(child.pid(), "")) << "a part of every name";
    EXPECT_FALSE(processes.belongs_to(::getpid(), container));
    EXPECT_FALSE(processes.belongs_to(0, container));
}

TEST_F(ProcessesTest, WhatAnEngineLeftBesideARemovedContainerIsKilledAsAGroup) {
    const test::ScratchFolder groups;
    const std::string container = "0123456789abcdef";
    const std::string group = groups.path() + "/libpod-conmon-" + container + ".scope";
    std::filesystem::create_directory(group);
    test::write_file(group + "/cgroup.kill", "");
    Processes with_groups{io, groups.path()};
    for (const char* other : {"", "0123", "../0123456789abcdef", "0123456789abcdee"}) {
        with_groups.end_helpers(other);
        EXPECT_EQ(test::read_file(group + "/cgroup.kill"), "") << other;
    }
    with_groups.end_helpers(container);
    EXPECT_EQ(test::read_file(group + "/cgroup.kill"), "1");
}

TEST_F(ProcessesTest, AProcessThatIsGoneBelongsToNoContainer) {
    Child child;
    const pid_t pid = child.pid();
    ::kill(pid, SIGKILL);
    child.reap();
    EXPECT_FALSE(processes.belongs_to(pid, "0123456789abcdef"));
}

} // namespace
} // namespace berth::os
