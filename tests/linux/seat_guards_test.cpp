#include "guard/lease.hpp"
#include "guard/vt_console.hpp"
#include "linux/control_group.hpp"
#include "linux/seat_guards.hpp"
#include "support/io_test.hpp"
#include "support/scratch_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/un.h>

#include <csignal>
#include <filesystem>
#include <optional>

namespace berth::os {
namespace {

using model::Seat;
using model::SeatName;
using ::testing::HasSubstr;

const SeatName seat_name{"seat0"};

/// The PID of who listens on a socket, as the kernel says; 0 when nobody does.
pid_t listener_of(const std::string& path) {
    const UniqueFd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ucred peer{};
    socklen_t size = sizeof peer;
    const bool connected = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    return connected && ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

/// The real guard, on terminals 20 and 21, as berthd on a host without systemd starts it.
class SeatGuardsTest : public test::IoTest {
  protected:
    static constexpr unsigned desktop = 20;
    static constexpr unsigned home = 21;

    void SetUp() override {
        if (!test::have_terminals()) {
            GTEST_SKIP() << "no virtual terminals here, or not root: /dev/tty0 does not answer";
        }
        before = test::visible_vt();
        test::scrub(desktop);
        test::scrub(home);
        ASSERT_TRUE(test::switch_to(home));
    }

    void TearDown() override {
        if (before == 0) {
            return;
        }
        if (const pid_t guard = listener_of(socket()); guard > 0) {
            ::kill(guard, SIGKILL); // a detached one outlives everybody
        }
        test::scrub(desktop);
        test::scrub(home);
        EXPECT_TRUE(test::switch_to(before));
        while (::waitpid(-1, nullptr, 0) > 0) { // starters whose loop does not run any more
        }
    }

    [[nodiscard]] std::string socket() const { return folder.path() + "/guard/seat0.sock"; }

    [[nodiscard]] std::string lease_text() const { return test::read_file(folder.path() + "/guard/seat0.lease"); }

    static Seat a_seat() {
        Seat seat;
        seat.name = seat_name;
        seat.vt = model::VtClaim{desktop, home, K_UNICODE};
        return seat;
    }

    Result<void> armed(SeatGuards& of, const Seat& seat) {
        std::optional<Result<void>> answer;
        of.arm(seat, [&answer](const Result<void>& told) { answer = told; });
        EXPECT_FALSE(answer) << "never from inside the call";
        run_until([&] { return answer.has_value(); });
        return answer.value_or(Error{ErrorCode::failed, "no answer"});
    }

    [[nodiscard]] static bool is_restored() {
        return test::visible_vt() == home && test::state_of(desktop) == test::healthy();
    }

    unsigned before{0};
    test::ScratchFolder folder;
    SeatGuards guards{io, folder.path(), SeatGuards::starter(io, BERTH_GUARD_PROGRAM, folder.path(), false)};
};

TEST_F(SeatGuardsTest, ALentTerminalIsGivenBackWhenTheDesktopDies) {
    ASSERT_TRUE(armed(guards, a_seat()));
    const test::Owner owner{[] { return test::take_as_a_desktop(desktop); }};
    ASSERT_TRUE(owner.ready());
    Seat seat = a_seat();
    seat.init_pid = owner.pid();
    guards.tell(seat);
    run_until([&] { return lease_text().find("init " + std::to_string(owner.pid())) != std::string::npos; });
    EXPECT_EQ(test::visible_vt(), desktop);
    owner.make_zombie();
    EXPECT_TRUE(test::eventually(is_restored)) << "berthd's loop did not run meanwhile";
}

TEST_F(SeatGuardsTest, AGuardThatIsKilledIsStartedAgainAndKnowsTheDesktop) {
    const test::Owner owner{[] { return test::take_as_a_desktop(desktop); }};
    Seat seat = a_seat();
    seat.init_pid = owner.pid();
    ASSERT_TRUE(armed(guards, seat));
    const pid_t first = listener_of(socket());
    ASSERT_GT(first, 0);
    ASSERT_EQ(::kill(first, SIGKILL), 0);
    pid_t second = 0;
    run_until([&] {
        second = listener_of(socket());
        return second > 0 && second != first;
    });
    EXPECT_TRUE(test::state_of(desktop).graphics) << "the desktop was touched";
    owner.make_zombie();
    EXPECT_TRUE(test::eventually(is_restored));
}

TEST_F(SeatGuardsTest, ADisarmedGuardTouchesNothing) {
    const test::Owner owner{[] { return test::take_as_a_desktop(desktop); }};
    Seat seat = a_seat();
    seat.init_pid = owner.pid();
    ASSERT_TRUE(armed(guards, seat));
    guards.disarm(seat_name);
    EXPECT_EQ(lease_text(), "berth-guard 1\nword idle\nend .\n");
    ASSERT_TRUE(armed(guards, a_seat())); // its answer comes after what was said before
    owner.make_zombie();
    EXPECT_TRUE(test::state_of(desktop).graphics);
}

TEST_F(SeatGuardsTest, ALeaseOfAnEarlierBerthdIsTakenBackToo) {
    std::filesystem::create_directories(folder.path() + "/guard");
    test::write_file(folder.path() + "/guard/seat0.lease", "berth-guard 1\nword armed\n…");
    guards.disarm(seat_name);
    EXPECT_EQ(lease_text(), "berth-guard 1\nword idle\nend .\n");
    guards.disarm(SeatName{"seat7"});
    EXPECT_FALSE(std::filesystem::exists(folder.path() + "/guard/seat7.lease")) << "to that one nothing was ever lent";
}

TEST_F(SeatGuardsTest, WhileItIsGivenBackTheLeaseSaysSo) {
    ASSERT_TRUE(armed(guards, a_seat()));
    guards.give_back(seat_name);
    EXPECT_THAT(lease_text(), HasSubstr("word restore\nvt 20\nhome 21\n"));
}

TEST_F(SeatGuardsTest, WithoutAGuardNothingIsLent) {
    SeatGuards none{io, folder.path(), SeatGuards::starter(io, "/nonexistent/berth-guard", folder.path(), false)};
    const auto answer = armed(none, a_seat());
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().message, HasSubstr("/nonexistent/berth-guard"));
    EXPECT_EQ(lease_text(), "berth-guard 1\nword idle\nend .\n");
    SeatGuards silent{io, folder.path(), SeatGuards::starter(io, "/bin/true", folder.path(), false)};
    EXPECT_THAT(armed(silent, a_seat()).error().message, HasSubstr("does not listen"));
    SeatGuards failing{io, folder.path(), SeatGuards::starter(io, "/bin/false", folder.path(), false)};
    EXPECT_THAT(armed(failing, a_seat()).error().message, HasSubstr("exit status 1"));
}

TEST_F(SeatGuardsTest, AFolderThatCannotBeWrittenIsNamed) {
    SeatGuards nowhere{io, "/proc/nowhere", SeatGuards::starter(io, BERTH_GUARD_PROGRAM, "/proc/nowhere", false)};
    const auto answer = armed(nowhere, a_seat());
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().message, HasSubstr("/proc/nowhere"));
}

TEST_F(SeatGuardsTest, OfAHeadlessSeatNothingIsTold) {
    Seat seat;
    seat.name = seat_name;
    seat.init_pid = ::getpid();
    guards.tell(seat);
    guards.give_back(seat_name);
    EXPECT_FALSE(std::filesystem::exists(folder.path() + "/guard"));
}

TEST(ControlGroupTest, OnesOwnIsWhereTheKernelSays) {
    const std::string group = control_group_of(::getpid());
    const std::string mount = control_groups_mount();
    EXPECT_EQ(group.empty(), mount.empty());
    EXPECT_TRUE(mount.empty() || std::filesystem::exists(mount + group + "/cgroup.procs"));
    EXPECT_EQ(control_group_of(1 << 22), "");
    EXPECT_EQ(control_groups_mount("/nonexistent"), "");
}

TEST(ControlGroupTest, NoGroupIsNamedAfterAContainerThatIsNotThere) {
    EXPECT_EQ(control_group_of_container(::getpid(), "0123456789abcdef0123456789abcdef"), "");
    EXPECT_EQ(control_group_of_container(::getpid(), ""), "");
    EXPECT_EQ(control_group_of_container(0, "0123456789abcdef0123456789abcdef"), "");
}

} // namespace
} // namespace berth::os
