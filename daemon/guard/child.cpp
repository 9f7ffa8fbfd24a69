#include "guard/child.hpp"

#include "guard/tty.hpp"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <poll.h>
#include <unistd.h>

namespace berth::guard {
namespace {

/// Children that were late: killed, and not dead yet. Of more than these a zombie stays.
constexpr std::size_t most_left_behind = 16;
pid_t left_behind[most_left_behind]; // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): no heap, one thread

void leave_behind(pid_t pid) {
    for (pid_t& place : left_behind) {
        if (place == 0) {
            place = pid;
            return;
        }
    }
}

/// Waits until `pid` has ended; false when the time is up first. `pidfd` may be -1: then it is asked now and then.
/// One that is no child of ours (any more) has ended.
bool wait_for_end(pid_t pid, int pidfd, int limit_ms) {
    const std::int64_t end = now_us() + std::int64_t{limit_ms} * 1'000;
    for (;;) {
        siginfo_t info{};
        const int result = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT | WNOHANG);
        if (result == 0 ? info.si_pid == pid : errno == ECHILD) {
            return true;
        }
        const std::int64_t left_ms = ms_until(end);
        if (left_ms <= 0) {
            return false;
        }
        constexpr std::int64_t ask_again_ms = 5;
        pollfd waiting{pidfd, POLLIN, 0};
        ::poll(&waiting, pidfd >= 0 ? 1 : 0,
               static_cast<int>(pidfd >= 0 || left_ms < ask_again_ms ? left_ms : ask_again_ms));
    }
}

} // namespace

int open_pidfd(pid_t pid) {
    return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); // close-on-exec by itself
}

void close_descriptors(unsigned first, unsigned last) {
    ::syscall(SYS_close_range, first, last, 0); // not every libc has a function for it
}

bool has_ended(int pidfd) {
    pollfd asked{pidfd, POLLIN, 0};
    return pidfd < 0 || ::poll(&asked, 1, 0) != 0; // readable then: pidfd_open(2)
}

void* shared_memory(std::size_t size) {
    void* const memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? nullptr : memory;
}

Ended wait_for_child(pid_t pid, int limit_ms) {
    const int pidfd = open_pidfd(pid);
    const bool ended = wait_for_end(pid, pidfd, limit_ms);
    if (!ended) {
        ::kill(pid, SIGKILL); // our own child, not reaped yet: the number is still its own
    }
    if (pidfd >= 0) {
        ::close(pidfd);
    }
    int status = 0;
    const bool reaped = ::waitpid(pid, &status, ended ? 0 : WNOHANG) == pid;
    if (!ended) {
        if (!reaped) {
            leave_behind(pid);
        }
        return Ended::not_in_time;
    }
    return reaped && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? Ended::well : Ended::badly;
}

Ended in_child(bool (*work)(void*), void* context, int limit_ms) {
    const pid_t pid = ::fork();
    if (pid < 0) {
        return work(context) ? Ended::well : Ended::badly;
    }
    if (pid == 0) {
        ::_exit(work(context) ? 0 : 1);
    }
    return wait_for_child(pid, limit_ms);
}

void reap() {
    for (pid_t& pid : left_behind) {
        if (pid != 0 && ::waitpid(pid, nullptr, WNOHANG) != 0) {
            pid = 0; // reaped, or no child of ours any more
        }
    }
}

} // namespace berth::guard
