#include "base/unique_fd.hpp"
#include "linux/peer_process.hpp"
#include "support/a_process.hpp"
#include "support/door_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <linux/sched.h>
#include <sys/syscall.h>

#include <array>
#include <cstdint>

namespace berth::os {
namespace {

using test::Child;
using test::ControlGroup;
using ::testing::HasSubstr;

constexpr PeerQuestion both_questions[] = {PeerQuestion::newest, PeerQuestion::credentials};

/// A process that has connected to a socket of the test's and waits to be told to end; reaped then.
class Caller {
  public:
    Caller() {
        listening_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX; // an abstract name of the kernel's choice, unix(7)
        socklen_t size = sizeof(sa_family_t);
        ::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), size);
        size = sizeof address;
        ::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &size);
        ::listen(listening_.get(), 1);
        pid_ = ::fork();
        if (pid_ == 0) {
            const UniqueFd own{::socket(AF_UNIX, SOCK_STREAM, 0)};
            char word = 0;
            const bool connected = ::connect(own.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0;
            ::_exit(connected && ::read(own.get(), &word, 1) == 1 ? 0 : 1);
        }
        accepted_.reset(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    }

    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;

    ~Caller() { end(); }

    void end() {
        if (pid_ > 0) {
            EXPECT_EQ(::write(accepted_.get(), "x", 1), 1);
            ::waitpid(std::exchange(pid_, -1), nullptr, 0);
        }
    }

    [[nodiscard]] int socket() const { return accepted_.get(); }

    [[nodiscard]] pid_t pid() const { return pid_; }

  private:
    UniqueFd listening_;
    UniqueFd accepted_;
    pid_t pid_{-1};
};

/// A process that waits, with that number (clone3(2), set_tid); nothing where the kernel refuses it.
class Namesake {
  public:
    explicit Namesake(pid_t number) {
        clone_args how{};
        how.exit_signal = SIGCHLD;
        how.set_tid = reinterpret_cast<std::uint64_t>(&number);
        how.set_tid_size = 1;
        pid_ = static_cast<pid_t>(::syscall(SYS_clone3, &how, sizeof how));
        if (pid_ == 0) {
            for (;;) {
                ::pause();
            }
        }
    }

    Namesake(const Namesake&) = delete;
    Namesake& operator=(const Namesake&) = delete;

    ~Namesake() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }

    [[nodiscard]] pid_t pid() const { return pid_; }

  private:
    pid_t pid_{-1};
};

class PeerProcess : public ::testing::Test {
  protected:
    const std::string container = "0123456789abcdef" + std::to_string(::getpid());
    const ControlGroup group{"libpod-" + container + ".scope"};
};

TEST_F(PeerProcess, OfTheContainerIsAMemberAndAnotherIsNot) {
    for (const PeerQuestion question : both_questions) {
        const Caller caller;
        const auto process = peer_process(caller.socket(), question);
        ASSERT_TRUE(process) << process.error().message;
        const auto before = check_member(*process, container);
        ASSERT_FALSE(before);
        EXPECT_THAT(before.error().message, HasSubstr("not the container's"));
        if (!group.take(caller.pid())) {
            GTEST_SKIP() << "no control group can be made here";
        }
        EXPECT_TRUE(check_member(*process, container));
        EXPECT_FALSE(check_member(*process, "")) << "a container whose id is not known yet";
    }
}

TEST_F(PeerProcess, ThatHasEndedIsNoMember) {
    for (const PeerQuestion question : both_questions) {
        Caller caller;
        const auto process = peer_process(caller.socket(), question);
        ASSERT_TRUE(process) << process.error().message;
        if (!group.take(caller.pid())) {
            GTEST_SKIP() << "no control group can be made here";
        }
        caller.end();
        const auto member = check_member(*process, container);
        ASSERT_FALSE(member);
        EXPECT_THAT(member.error().message, HasSubstr("has ended"));
    }
}

TEST_F(PeerProcess, WhoseNumberIsAnothersByNowIsNoMemberThoughThatOneIs) {
    for (const PeerQuestion question : both_questions) {
        Caller caller;
        const pid_t number = caller.pid();
        const auto process = peer_process(caller.socket(), question);
        ASSERT_TRUE(process) << process.error().message;
        caller.end();
        const Namesake other{number};
        if (other.pid() != number || !group.take(number)) {
            GTEST_SKIP()
                << "a process with a number of one's choice (clone3, set_tid) or a control group is refused here";
        }
        EXPECT_FALSE(check_member(*process, container));
        // Asked for only now, the newest kernels know the one that connected, or that it is gone.
        const auto late = peer_process(caller.socket(), PeerQuestion::newest);
        EXPECT_FALSE(late && check_member(*late, container));
    }
}

TEST_F(PeerProcess, ThatEndedBeforeItWasAskedForIsTakenForItsNamesakeOnlyWhereThatIsAMember) {
    Caller caller;
    const pid_t number = caller.pid();
    caller.end();
    EXPECT_FALSE(peer_process(caller.socket(), PeerQuestion::credentials)) << "nobody has its number";
    const Namesake other{number};
    if (other.pid() != number) {
        GTEST_SKIP() << "a process with a number of one's choice (clone3, set_tid) is refused here";
    }
    const auto process = peer_process(caller.socket(), PeerQuestion::credentials);
    ASSERT_TRUE(process) << process.error().message;
    EXPECT_FALSE(check_member(*process, container)) << "the control group is what is left to tell them apart";
}

TEST_F(PeerProcess, ALookUpThatFailsIsANo) {
    EXPECT_FALSE(check_member(UniqueFd{}, container));
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
    const UniqueFd reads{pipe[0]};
    const UniqueFd writes{pipe[1]};
    EXPECT_FALSE(check_member(reads, container)) << "no process at all";
    EXPECT_FALSE(peer_process(reads.get()));
}

} // namespace
} // namespace berth::os
