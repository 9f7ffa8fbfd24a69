#pragma once

#include <sys/signalfd.h>
#include <system_error>

#include <cerrno>
#include <csignal>
#include <unistd.h>

namespace berth::cli {

/// SIGINT and SIGTERM come by the returned descriptor from now on (signalfd(2)); open for the life of the process.
inline int take_interrupts() {
    sigset_t interrupts;
    sigemptyset(&interrupts);
    sigaddset(&interrupts, SIGINT);
    sigaddset(&interrupts, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &interrupts, nullptr);
    const int fd = ::signalfd(-1, &interrupts, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0) {
        throw std::system_error{errno, std::generic_category(), "signalfd"};
    }
    return fd;
}

/// Takes what has come in.
inline void drain_interrupts(int fd) {
    signalfd_siginfo info{};
    while (::read(fd, &info, sizeof info) > 0) {
    }
}

} // namespace berth::cli
