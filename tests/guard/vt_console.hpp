#pragma once

#include "base/unique_fd.hpp"

#include <gtest/gtest.h>

#include <linux/kd.h>
#include <linux/vt.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <functional>
#include <poll.h>
#include <sched.h>
#include <string>
#include <termios.h>
#include <thread>
#include <unistd.h>

/// The machine's real virtual terminals as tests see them: by ioctls of their own, not by the code under test.
namespace berth::test {

inline UniqueFd open_vt(unsigned vt) {
    const std::string path = "/dev/tty" + std::to_string(vt);
    for (int left = 50; left > 0; --left) { // EIO while a hangup is under way
        const int fd = ::open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0 || errno != EIO) {
            return UniqueFd{fd};
        }
        ::poll(nullptr, 0, 2);
    }
    return UniqueFd{};
}

/// What the kernel says of one terminal.
struct VtState {
    bool process{false};
    bool graphics{false};
    int keyboard{-1};
    bool exclusive{false};
    bool cooked{false};
    bool stopped{false}; ///< a write is refused: XOFF

    bool operator==(const VtState&) const = default;
};

inline constexpr int unicode_keyboard = K_UNICODE;

/// The state in which a person can use a terminal.
inline VtState healthy() {
    return {false, false, unicode_keyboard, false, true, false};
}

inline void PrintTo(const VtState& state, std::ostream* out) {
    *out << "{process " << state.process << ", graphics " << state.graphics << ", keyboard " << state.keyboard
         << ", exclusive " << state.exclusive << ", cooked " << state.cooked << ", stopped " << state.stopped << "}";
}

inline VtState state_of(unsigned vt) {
    const UniqueFd tty = open_vt(vt);
    VtState state;
    vt_mode mode{};
    int value = 0;
    termios line{};
    EXPECT_EQ(::ioctl(tty.get(), VT_GETMODE, &mode), 0);
    state.process = mode.mode == VT_PROCESS;
    EXPECT_EQ(::ioctl(tty.get(), KDGETMODE, &value), 0);
    state.graphics = value == KD_GRAPHICS;
    EXPECT_EQ(::ioctl(tty.get(), KDGKBMODE, &state.keyboard), 0);
    EXPECT_EQ(::ioctl(tty.get(), TIOCGEXCL, &value), 0);
    state.exclusive = value != 0;
    EXPECT_EQ(::tcgetattr(tty.get(), &line), 0);
    state.cooked = (line.c_lflag & ICANON) != 0 && (line.c_lflag & ECHO) != 0;
    state.stopped = ::write(tty.get(), "x", 1) != 1;
    return state;
}

inline unsigned visible_vt() {
    const UniqueFd console = open_vt(0);
    vt_stat state{};
    return console && ::ioctl(console.get(), VT_GETSTATE, &state) == 0 ? state.v_active : 0;
}

/// True when /dev/tty0 answers and may be used for switching (real virtual terminals, root).
inline bool have_terminals() {
    return visible_vt() != 0 && ::geteuid() == 0;
}

/// A bounded poll, where the kernel offers no event to wait for.
inline bool eventually(const std::function<bool()>& condition,
                       std::chrono::milliseconds limit = std::chrono::seconds{5}) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() >= end) {
            return false;
        }
        ::poll(nullptr, 0, 1);
    }
    return true;
}

inline bool switch_to(unsigned vt) {
    const UniqueFd console = open_vt(0);
    ::ioctl(console.get(), VT_UNLOCKSWITCH, 0);
    ::ioctl(console.get(), VT_ACTIVATE, vt);
    return eventually([&] { return visible_vt() == vt; });
}

/// Undoes whatever a test left on a terminal, by the test's own ioctls.
inline void scrub(unsigned vt) {
    const UniqueFd tty = open_vt(vt);
    const vt_mode automatic{};
    ::ioctl(tty.get(), VT_UNLOCKSWITCH, 0);
    ::ioctl(tty.get(), VT_SETMODE, &automatic);
    ::ioctl(tty.get(), KDSETMODE, KD_TEXT);
    ::ioctl(tty.get(), KDSKBMODE, K_UNICODE);
    ::ioctl(tty.get(), TIOCNXCL, 0);
    ::tcflow(tty.get(), TCOON);
}

/// A child that does `work` (true: it worked) and then waits to be killed. Reaped at the end, not before.
class Owner {
  public:
    /// `space`: namespaces of its own (clone(2), CLONE_NEWPID …).
    explicit Owner(const std::function<bool()>& work, unsigned long space = 0) {
        int ends[2] = {-1, -1};
        if (::pipe(ends) != 0) {
            return;
        }
        pid_ = space == 0 ? ::fork() : static_cast<pid_t>(::syscall(SYS_clone, space | SIGCHLD, nullptr, 0, 0, 0));
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL); // a test that dies leaves nobody behind
            ::signal(SIGUSR1, SIG_IGN);         // a desktop that does not answer the kernel's wish to switch
            ::signal(SIGUSR2, SIG_IGN);
            const char answer = work() ? '+' : '-';
            [[maybe_unused]] const auto sent = ::write(ends[1], &answer, 1);
            for (;;) {
                ::pause();
            }
        }
        ::close(ends[1]);
        char answer = '-';
        ready_ = ::read(ends[0], &answer, 1) == 1 && answer == '+';
        ::close(ends[0]);
    }

    Owner(const Owner&) = delete;
    Owner& operator=(const Owner&) = delete;

    ~Owner() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }

    [[nodiscard]] bool ready() const { return ready_; }

    [[nodiscard]] pid_t pid() const { return pid_; }

    /// Dead and not reaped: what a container whose PID 1 does not reap leaves.
    void make_zombie() const {
        ::kill(pid_, SIGKILL);
        siginfo_t ignored{};
        ::waitid(P_PID, static_cast<id_t>(pid_), &ignored, WEXITED | WNOWAIT);
    }

    void kill_and_reap() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }

    void stop() const {
        ::kill(pid_, SIGSTOP);
        siginfo_t ignored{};
        ::waitid(P_PID, static_cast<id_t>(pid_), &ignored, WSTOPPED | WNOWAIT);
    }

    void go_on() const { ::kill(pid_, SIGCONT); }

  private:
    pid_t pid_{-1};
    bool ready_{false};
};

/// Makes `vt` visible and takes it as an X server does: VT_PROCESS, K_OFF, KD_GRAPHICS.
inline bool take_as_a_desktop(unsigned vt) {
    UniqueFd tty = open_vt(vt);
    vt_mode mode{};
    mode.mode = VT_PROCESS;
    mode.relsig = SIGUSR1;
    mode.acqsig = SIGUSR2;
    const bool taken = switch_to(vt) && ::ioctl(tty.get(), VT_SETMODE, &mode) == 0 &&
                       ::ioctl(tty.get(), KDSKBMODE, K_OFF) == 0 && ::ioctl(tty.get(), KDSETMODE, KD_GRAPHICS) == 0;
    return tty.release() >= 0 && taken; // kept open until the process ends
}

/// A test on terminals 20 (the desktop's), 21 (home) and 22 (a third one); the visible one is put back at the end.
class VtTest : public ::testing::Test {
  protected:
    static constexpr unsigned desktop = 20;
    static constexpr unsigned home = 21;
    static constexpr unsigned third = 22;

    void SetUp() override {
        if (!have_terminals()) {
            GTEST_SKIP() << "no virtual terminals here, or not root: /dev/tty0 does not answer";
        }
        before = visible_vt();
        for (const unsigned vt : {desktop, home, third}) {
            scrub(vt);
        }
        ASSERT_TRUE(switch_to(home));
    }

    void TearDown() override {
        if (before != 0) {
            for (const unsigned vt : {desktop, home, third}) {
                scrub(vt);
            }
            EXPECT_TRUE(switch_to(before));
            const UniqueFd console = open_vt(0);
            for (const unsigned vt : {desktop, home, third}) {
                ::ioctl(console.get(), VT_DISALLOCATE, vt);
            }
        }
    }

    unsigned before{0};
};

} // namespace berth::test
