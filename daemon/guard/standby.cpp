#include "guard/standby.hpp"

#include "guard/survivors.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace berth::guard {
namespace {

/// Its report, in memory that both see; there is one at a time.
Report* shared_report = nullptr;

constexpr int init_place = STDERR_FILENO + 1;
constexpr int cgroup_place = STDERR_FILENO + 2;

/// Leaves this process the two descriptors, in their places, and nothing else of the parent's: a connection that is
/// open in here, too, would not end with the guard.
bool keep_only(int init, int cgroup) {
    const int first = ::fcntl(init, F_DUPFD_CLOEXEC, cgroup_place + 1);
    const int second = cgroup < 0 ? -1 : ::fcntl(cgroup, F_DUPFD_CLOEXEC, cgroup_place + 1);
    if (first < 0 || ::dup2(first, init_place) < 0) {
        return false;
    }
    if (second < 0 || ::dup2(second, cgroup_place) < 0) {
        ::close(cgroup_place);
    }
    close_descriptors(cgroup_place + 1, ~0U);
    return true;
}

[[noreturn]] void stand_by(const Request& request, int init, int cgroup, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent || !keep_only(init, cgroup)) {
        ::_exit(1);
    }
    ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT); // is not inherited
    pollfd death{init_place, POLLIN, 0};
    while (::poll(&death, 1, -1) != 1) {
    }
    if (cgroup >= 0) {
        kill_all(cgroup_place);
    }
    *shared_report = restore(request);
    ::_exit(0);
}

} // namespace

bool Standby::prepare() {
    shared_report = static_cast<Report*>(shared_memory(sizeof(Report)));
    return shared_report != nullptr;
}

bool Standby::start(const Request& request, int init, int cgroup) {
    stop();
    if (init < 0 || shared_report == nullptr) {
        return false;
    }
    *shared_report = Report{};
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) {
        stand_by(request, init, cgroup, parent);
    }
    pid_ = pid > 0 ? pid : 0;
    return pid > 0;
}

void Standby::stop() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL); // our own child, not reaped yet: the number is still its own
        wait_for_child(pid_, 1'000);
    }
    pid_ = 0;
}

Ended Standby::finish(int limit_ms, Report& report) {
    const Ended ended = wait_for_child(pid_, limit_ms);
    report = *shared_report;
    pid_ = 0;
    return ended;
}

} // namespace berth::guard
