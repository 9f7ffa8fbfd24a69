#include "guard/control_group.hpp"
#include "guard/guard_process.hpp"
#include "guard/stalled_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstring>
#include <memory>

/// A desktop that cannot die: its processes are killed and stay in the kernel, in uninterruptible sleep, as where a
/// graphics driver hangs. On the machine's real terminals.
namespace berth::guard {
namespace {

using std::chrono::milliseconds;
using test::eventually;
using test::GuardCaller;
using test::GuardProcess;
using test::Owner;
using test::state_letter_of;
using ::testing::HasSubstr;

/// The file that is opened, and never is, by whoever is sent SIGWINCH.
std::array<char, 256> stalled_path{};

void arm_stall(const std::string& path) {
    std::strncpy(stalled_path.data(), path.c_str(), stalled_path.size() - 1);
}

bool take_and_be_ready_to_stall(unsigned vt) {
    ::signal(SIGUSR1, [](int) {}); // a handler: an ignored signal is never seen waiting
    ::signal(SIGWINCH, [](int) { ::open(stalled_path.data(), O_RDONLY | O_CLOEXEC); });
    return test::take_as_a_desktop(vt);
}

class UnkillableTest : public test::GuardTest {
  protected:
    void SetUp() override {
        GuardTest::SetUp();
        if (IsSkipped()) {
            return;
        }
        if (!stalled.trouble().empty()) {
            GTEST_SKIP() << stalled.trouble();
        }
        if (group.path().empty()) {
            GTEST_SKIP() << "no control group (v2) can be made here";
        }
        arm_stall(stalled.path());
    }

    /// In the middle of a system call that does not end.
    void stall(pid_t pid) const {
        ASSERT_EQ(::kill(pid, SIGWINCH), 0);
        ASSERT_TRUE(stalled.has_caught());
    }

    static bool is_stuck(pid_t pid) {
        return eventually([&] { return state_letter_of(pid) == 'D'; });
    }

    [[nodiscard]] Lease lease_in_group(const Owner& init) const {
        Lease lease = lease_for(init);
        std::strncpy(lease.cgroup, group.path().c_str(), sizeof lease.cgroup - 1);
        return lease;
    }

    /// How long until a person has the terminal. Three seconds is never: the guard waits for a child of its own for
    /// longer.
    [[nodiscard]] static milliseconds until_usable(std::chrono::steady_clock::time_point began) {
        const auto usable = [] { return test::visible_vt() == home && test::state_of(home) == test::healthy(); };
        EXPECT_TRUE(eventually(usable, milliseconds{3'000}));
        const auto took = std::chrono::steady_clock::now() - began;
        return std::chrono::duration_cast<milliseconds>(took);
    }

    test::ControlGroup group;     // outlives who is in it,
    std::unique_ptr<Owner> owner; // who is reaped only
    std::unique_ptr<Owner> other;
    test::StalledFile stalled; // when this has ended
};

TEST_F(UnkillableTest, ADesktopWhoseOwnerStaysInTheKernelGivesTheTerminalBackAllTheSame) {
    const Owner init{[] { return true; }};
    owner = std::make_unique<Owner>([] { return take_and_be_ready_to_stall(desktop); });
    ASSERT_TRUE(owner->ready());
    ASSERT_TRUE(group.take(owner->pid()));
    put_lease(test::text_of(lease_in_group(init)));
    const GuardProcess guard{folder.path()};
    ASSERT_TRUE(guard.ready());
    stall(owner->pid());
    const auto began = std::chrono::steady_clock::now();
    init.make_zombie();
    const milliseconds took = until_usable(began);
    EXPECT_TRUE(is_stuck(owner->pid())) << "it died: the test tests nothing";
    EXPECT_TRUE(eventually([this] { return is_restored(); })) << guard.log();
    EXPECT_THAT(guard.log(), HasSubstr("{\"verified\":true"));
    EXPECT_TRUE(is_stuck(owner->pid()));
    std::printf("text after %lld ms, the owner still in the kernel\n", static_cast<long long>(took.count()));
}

TEST_F(UnkillableTest, AnInitThatWaitsForOneInTheKernelIsNotWaitedForLong) {
    owner = std::make_unique<Owner>(
        [] {
            const pid_t holder = ::fork();
            if (holder == 0) {
                const bool taken = take_and_be_ready_to_stall(desktop);
                ::raise(taken ? SIGWINCH : SIGKILL);
                ::_exit(1);
            }
            return holder > 0;
        },
        CLONE_NEWPID);
    ASSERT_TRUE(owner->ready());
    ASSERT_TRUE(stalled.has_caught());
    Lease lease = lease_in_group(*owner);
    lease.word = Lease::Word::restore; // and there is no berthd that would
    put_lease(test::text_of(lease));
    const auto began = std::chrono::steady_clock::now();
    const GuardProcess guard{folder.path()};
    const milliseconds took = until_usable(began);
    EXPECT_TRUE(eventually([this] { return is_restored(); })) << guard.log();
    siginfo_t info{};
    EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(owner->pid()), &info, WEXITED | WNOWAIT | WNOHANG), 0);
    EXPECT_EQ(info.si_pid, 0) << "it died: the test tests nothing";
    std::printf("text after %lld ms, the init still in the kernel\n", static_cast<long long>(took.count()));
}

TEST_F(UnkillableTest, OneInTheKernelIsLeftWhenAnotherTerminalIsAskedFor) {
    owner = std::make_unique<Owner>([] { return take_and_be_ready_to_stall(desktop); });
    ASSERT_TRUE(owner->ready());
    ASSERT_TRUE(group.take(owner->pid()));
    other = std::make_unique<Owner>([] { return true; }); // the desktop's init is well
    put_lease(test::text_of(lease_in_group(*other)));
    const GuardProcess guard{folder.path()};
    ASSERT_TRUE(guard.ready());
    stall(owner->pid());
    const auto began = std::chrono::steady_clock::now();
    const UniqueFd console = test::open_vt(0);
    ASSERT_EQ(::ioctl(console.get(), VT_ACTIVATE, home), 0);
    const milliseconds took = until_usable(began);
    EXPECT_THAT(GuardCaller{folder.path()}.ask("status"), HasSubstr(R"("desktop":"alive")"));
    EXPECT_TRUE(test::state_of(desktop).graphics);
    std::printf("left %lld ms after the wish\n", static_cast<long long>(took.count()));
}

} // namespace
} // namespace berth::guard
