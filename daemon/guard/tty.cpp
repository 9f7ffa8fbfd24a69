#include "guard/tty.hpp"

#include "guard/tty_restore.hpp"

#include <linux/kd.h>
#include <linux/tiocl.h>
#include <linux/vt.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

namespace berth::guard {
namespace {

constexpr int open_tries = 20;
constexpr int open_pause_ms = 5;

bool keyboard_is_wrong(int mode) {
    return mode != K_XLATE && mode != K_UNICODE;
}

bool line_is_wrong(const termios& line) {
    constexpr tcflag_t wanted = ISIG | ICANON | ECHO;
    return (line.c_lflag & wanted) != wanted || (line.c_oflag & OPOST) == 0 || (line.c_iflag & ICRNL) == 0;
}

/// As "stty sane" has it, termios(3).
void make_sane(termios& line) {
    line.c_iflag = ICRNL | IXON | IUTF8;
    line.c_oflag = OPOST | ONLCR;
    line.c_cflag = (line.c_cflag & static_cast<tcflag_t>(CBAUD)) | CS8 | CREAD | HUPCL;
    line.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
    constexpr unsigned control = 0x1F;
    line.c_cc[VINTR] = 'C' & control;
    line.c_cc[VQUIT] = '\\' & control;
    line.c_cc[VERASE] = 0x7F;
    line.c_cc[VKILL] = 'U' & control;
    line.c_cc[VEOF] = 'D' & control;
    line.c_cc[VSTART] = 'Q' & control;
    line.c_cc[VSTOP] = 'S' & control;
    line.c_cc[VSUSP] = 'Z' & control;
    line.c_cc[VREPRINT] = 'R' & control;
    line.c_cc[VDISCARD] = 'O' & control;
    line.c_cc[VWERASE] = 'W' & control;
    line.c_cc[VLNEXT] = 'V' & control;
    line.c_cc[VMIN] = 1;
    line.c_cc[VTIME] = 0;
}

/// True when `ioctl` did what was asked.
bool ok(int result) {
    return result == 0;
}

/// open(2) in one system call: musl makes a second one for O_CLOEXEC, for kernels before 2.6.23.
int open_at_once(const char* path, int flags) {
    return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags));
}

std::uint32_t mend_line(int fd) {
    termios line{};
    if (::tcgetattr(fd, &line) != 0 || !line_is_wrong(line)) {
        return 0;
    }
    make_sane(line);
    return ok(::tcsetattr(fd, TCSANOW, &line)) ? did_termios : 0U;
}

} // namespace

std::int64_t now_us() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1'000;
}

std::int64_t ms_until(std::int64_t end_us) {
    return (end_us - now_us() + 999) / 1'000;
}

void pause_ms(int milliseconds) {
    ::poll(nullptr, 0, milliseconds);
}

int open_tty(unsigned vt) {
    char path[32];
    std::snprintf(path, sizeof path, "/dev/tty%u", vt);
    for (int left = open_tries;; --left) {
        const int fd = open_at_once(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0 || left == 1 || (errno != EIO && errno != EINTR && errno != EAGAIN)) {
            return fd;
        }
        pause_ms(open_pause_ms);
    }
}

unsigned active_vt(int fd) {
    vt_stat state{};
    return ok(::ioctl(fd, VT_GETSTATE, &state)) ? state.v_active : 0U;
}

std::uint32_t inspect(int fd, bool line) {
    std::uint32_t wrong = 0;
    vt_mode mode{};
    if (::ioctl(fd, VT_GETMODE, &mode) != 0) {
        return wrong_node; // hung up, or no VT at all
    }
    wrong |= mode.mode != VT_AUTO ? wrong_process : 0U;
    int value = 0;
    wrong |= ok(::ioctl(fd, KDGETMODE, &value)) && value == KD_TEXT ? 0U : wrong_graphics;
    wrong |= ok(::ioctl(fd, KDGKBMODE, &value)) && !keyboard_is_wrong(value) ? 0U : wrong_keyboard;
    wrong |= ok(::ioctl(fd, TIOCGEXCL, &value)) && value != 0 ? wrong_exclusive : 0U;
    termios settings{};
    if (line && (::tcgetattr(fd, &settings) != 0 || line_is_wrong(settings))) {
        wrong |= wrong_termios;
    }
    return wrong;
}

void kick(int fd) {
    ::ioctl(fd, KDSETMODE, KD_GRAPHICS);
    ::ioctl(fd, KDSETMODE, KD_TEXT);
}

std::uint32_t mend(int fd, std::uint32_t wrong, int keyboard, bool line) {
    std::uint32_t done = ok(::ioctl(fd, VT_UNLOCKSWITCH, 0)) ? did_unlock : 0U;
    if ((wrong & wrong_process) != 0) {
        const vt_mode automatic{};
        static_assert(VT_AUTO == 0);
        done |= ok(::ioctl(fd, VT_SETMODE, &automatic)) ? did_auto : 0U;
    }
    if ((wrong & wrong_graphics) != 0) {
        done |= ok(::ioctl(fd, KDSETMODE, KD_TEXT)) ? did_text : 0U;
    }
    if ((wrong & wrong_keyboard) != 0) {
        done |= ok(::ioctl(fd, KDSKBMODE, keyboard)) ? did_keyboard : 0U;
    }
    if ((wrong & wrong_exclusive) != 0) {
        done |= ok(::ioctl(fd, TIOCNXCL, 0)) ? did_exclusive : 0U;
    }
    if (line) {
        ::ioctl(fd, KDSKBMETA, K_ESCPREFIX);
        ::ioctl(fd, KDSETLED, 0xFF); // the LEDs show the keyboard's flags again
        done |= mend_line(fd);
        ::tcflush(fd, TCIOFLUSH); // what was typed blind is not for the next reader
    }
    ::tcflow(fd, TCOON); // output that was stopped by XOFF goes on; the state cannot be asked
    char unblank = TIOCL_UNBLANKSCREEN;
    ::ioctl(fd, TIOCLINUX, &unblank);
    return done;
}

bool activate(int fd, unsigned home, int limit_ms) {
    // The kernel raises POLLPRI on this attribute at each switch (drivers/tty/vt/vt.c, redraw_screen).
    const int notice = open_at_once("/sys/class/tty/tty0/active", O_RDONLY | O_CLOEXEC);
    const std::int64_t end = now_us() + std::int64_t{limit_ms} * 1'000;
    ::ioctl(fd, VT_ACTIVATE, home);
    bool there = false;
    for (;;) {
        char ignored[64];
        if (notice >= 0 && ::pread(notice, ignored, sizeof ignored, 0) < 0) { // arms the next POLLPRI
            pause_ms(1);
        }
        there = active_vt(fd) == home;
        const std::int64_t left_ms = ms_until(end);
        if (there || left_ms <= 0) {
            break;
        }
        // Without the attribute the only way is to ask again; with it, also now and then: a notice may be missed.
        constexpr std::int64_t ask_again_ms = 5;
        constexpr std::int64_t ask_again_with_notice_ms = 50;
        const std::int64_t wait_ms = notice >= 0 ? ask_again_with_notice_ms : ask_again_ms;
        pollfd waiting{notice, POLLPRI | POLLERR, 0};
        ::poll(&waiting, notice >= 0 ? 1 : 0, static_cast<int>(left_ms < wait_ms ? left_ms : wait_ms));
    }
    if (notice >= 0) {
        ::close(notice);
    }
    return there;
}

} // namespace berth::guard
