#pragma once

#include <sys/signalfd.h>
#include <system_error>

#include <cerrno>
#include <csignal>
#include <initializer_list>
#include <unistd.h>

namespace berth::cli {

/// These signals come by the returned descriptor from now on (signalfd(2)); open for the life of the process.
inline int take_signals(std::initializer_list<int> numbers) {
    sigset_t taken;
    sigemptyset(&taken);
    for (const int number : numbers) {
        sigaddset(&taken, number);
    }
    ::sigprocmask(SIG_BLOCK, &taken, nullptr);
    const int fd = ::signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0) {
        throw std::system_error{errno, std::generic_category(), "signalfd"};
    }
    return fd;
}

/// SIGINT and SIGTERM.
inline int take_interrupts() {
    return take_signals({SIGINT, SIGTERM});
}

/// The number of one that has come in; 0: none.
inline int next_signal(int fd) {
    signalfd_siginfo info{};
    return ::read(fd, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
}

} // namespace berth::cli
