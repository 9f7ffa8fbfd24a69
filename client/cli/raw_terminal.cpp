#include "cli/raw_terminal.hpp"

#include <sys/ioctl.h>

#include <csignal>
#include <unistd.h>

namespace berth::cli {

namespace {

/// Does not wait for output, which ^S may have stopped. From the background it would stop this process (SIGTTOU).
void change(int fd, const termios& attributes) noexcept {
    sigset_t stop;
    sigset_t before;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTTOU);
    ::sigprocmask(SIG_BLOCK, &stop, &before);
    ::tcsetattr(fd, TCSANOW, &attributes);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

} // namespace

std::optional<WindowSize> window_size(int fd) {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0) {
        return std::nullopt;
    }
    return WindowSize{size.ws_row, size.ws_col};
}

RawTerminal::RawTerminal(int fd) noexcept : fd_{fd} {
    if (fd_ >= 0 && ::tcgetattr(fd_, &before_) < 0) {
        fd_ = -1;
    }
}

RawTerminal::~RawTerminal() {
    restore();
}

void RawTerminal::set(Keys keys) noexcept {
    if (fd_ < 0) {
        return;
    }
    termios raw = before_;
    ::cfmakeraw(&raw);
    if (keys == Keys::signals) {
        raw.c_lflag |= ISIG;
        raw.c_cc[VSUSP] = _POSIX_VDISABLE; // stopped, it would leave the shell with a raw terminal
    }
    change(fd_, raw);
    changed_ = true;
}

void RawTerminal::restore() noexcept {
    if (changed_) {
        change(fd_, before_);
        changed_ = false;
    }
}

} // namespace berth::cli
