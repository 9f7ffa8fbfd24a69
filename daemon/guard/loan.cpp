#include "guard/loan.hpp"

#include "guard/child.hpp"
#include "guard/survivors.hpp"
#include "guard/tty.hpp"

#include <sys/syscall.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <initializer_list>
#include <poll.h>
#include <unistd.h>

namespace berth::guard {
namespace {

/// What the child that restores is given and what it reports, in memory that both see.
struct Errand {
    Request request;
    Report report;
    char note[256];
};

/// The same for leaving the terminal of a desktop that goes on.
struct LeavingErrand {
    Desktop desktop;
    Look seen;
    Departure departure;
};

constexpr int note_limit_ms = 500;
constexpr int leaving_limit_ms = 1'500;
constexpr int owner_limit_ms = 200; ///< for an owner that a person wants to be rid of

Errand* errand = nullptr;
LeavingErrand* leaving = nullptr;

bool run_errand(void* context) {
    auto* const mine = static_cast<Errand*>(context);
    mine->report = restore(mine->request);
    return true;
}

/// In a child, too: a terminal that was stopped takes nothing, and one that is hung up may keep who opens it waiting.
bool print_note(void* context) {
    const auto* const mine = static_cast<const Errand*>(context);
    const int home = open_tty(mine->request.home);
    return home >= 0 && ::write(home, mine->note, std::strlen(mine->note)) > 0;
}

/// A descriptor of the process if it is still the one that was meant.
int open_process(const Process& process) {
    if (process.pid == 0) {
        return -1;
    }
    const int pidfd = open_pidfd(process.pid);
    std::uint64_t start = 0;
    // Asked after it was opened: from then on the number is this process's.
    if (pidfd >= 0 && (!start_of(process.pid, start) || start != process.start)) {
        ::close(pidfd);
        return -1;
    }
    return pidfd;
}

void wait_for(int pidfd, std::int64_t end_us) {
    while (!has_ended(pidfd)) {
        const std::int64_t left_ms = ms_until(end_us);
        if (left_ms <= 0) {
            return;
        }
        pollfd waiting{pidfd, POLLIN, 0};
        ::poll(&waiting, 1, static_cast<int>(left_ms));
    }
}

void signal_process(int pidfd, int number) {
    if (pidfd >= 0) {
        ::syscall(SYS_pidfd_send_signal, pidfd, number, nullptr, 0);
    }
}

/// Until no process is left in the group, by its events file (v2; POLLPRI at each change), or the time is up.
void wait_until_empty(int cgroup, int limit_ms) {
    const std::int64_t end = now_us() + std::int64_t{limit_ms} * 1'000;
    const int events = ::openat(cgroup, "cgroup.events", O_RDONLY | O_CLOEXEC);
    while (is_populated(cgroup)) {
        const std::int64_t left_ms = ms_until(end);
        if (left_ms <= 0) {
            break;
        }
        constexpr std::int64_t ask_again_ms = 5; // v1 tells nobody
        pollfd waiting{events, POLLPRI, 0};
        ::poll(&waiting, events >= 0 ? 1 : 0, static_cast<int>(left_ms < ask_again_ms ? left_ms : ask_again_ms));
    }
    if (events >= 0) {
        ::close(events);
    }
}

} // namespace

bool prepare() {
    errand = static_cast<Errand*>(shared_memory(sizeof(Errand)));
    leaving = static_cast<LeavingErrand*>(shared_memory(sizeof(LeavingErrand)));
    return errand != nullptr && leaving != nullptr && Standby::prepare();
}

void Loan::close() {
    for (int* fd : {&init_, &leader_, &cgroup_}) {
        if (*fd >= 0) {
            ::close(*fd);
        }
        *fd = -1;
    }
}

bool Loan::load(const char* path, const char*& error) {
    char text[largest_lease];
    Lease fresh;
    error = "";
    const int fd = ::open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 || errno != ENOENT) {
        const ssize_t got = fd < 0 ? -1 : ::read(fd, text, sizeof text - 1);
        if (fd >= 0) {
            ::close(fd);
        }
        error = "it cannot be read";
        if (got < 0) {
            return false;
        }
        text[got] = '\0';
        if (!read_lease(text, fresh, error)) {
            return false;
        }
    }
    Report ignored;
    if (standby_.is_there() && !desktop_alive()) {
        // It is at work: what comes next is not to meet it.
        [[maybe_unused]] const Ended ended = standby_.finish(restore_limit_ms, ignored);
    }
    standby_.stop();
    close();
    lease_ = fresh;
    init_ = open_process(lease_.init);
    leader_ = open_process(lease_.leader);
    cgroup_ = lease_.cgroup[0] == '\0' ? -1 : ::open(lease_.cgroup, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (!desktop_alive()) {
        return true; // dead at once or long since: whether that was acted on is not ours to know
    }
    standby_.start(Request{lease_.vt, lease_.home, lease_.keyboard, true, -1}, init_, cgroup_);
    return true;
}

bool Loan::desktop_alive() const {
    return !has_ended(init_);
}

bool Loan::leader_lost() const {
    return lease_.leader.pid != 0 && has_ended(leader_);
}

void Loan::end_desktop(int limit_ms) const {
    const std::int64_t end = now_us() + std::int64_t{limit_ms} * 1'000;
    signal_process(init_, SIGKILL);   // with it all of its PID namespace: pid_namespaces(7)
    signal_process(leader_, SIGTERM); // it closes the session, and logind gives the terminal's modes back
    wait_for(init_, end);
    wait_for(leader_, end);
    signal_process(leader_, SIGKILL);
}

bool Loan::restore_once(int cgroup, void (*told)(const Report&)) const {
    for (const bool hangup : {true, false}) {
        errand->request = Request{lease_.vt, lease_.home, lease_.keyboard, hangup, cgroup};
        errand->report = Report{};
        if (in_child(run_errand, errand, restore_limit_ms) == Ended::well) {
            break;
        }
    }
    told(errand->report);
    return errand->report.verified;
}

/// The child that stood by has begun when the desktop died. False when there was none, or it came to nothing.
bool Loan::finish_standby(Report& report) {
    if (!standby_.is_there()) {
        return false;
    }
    if (desktop_alive()) { // it does not die, whatever is done to it: nobody waits for that
        standby_.stop();
        return false;
    }
    return standby_.finish(restore_limit_ms, report) == Ended::well;
}

bool Loan::restore(int limit_ms, const char* note, void (*told)(const Report&)) {
    Report report;
    bool verified = false;
    if (finish_standby(report)) {
        told(report);
        verified = report.verified;
    } else {
        if (cgroup_ >= 0) {
            kill_all(cgroup_);
        }
        verified = restore_once(-1, told);
    }
    if (cgroup_ >= 0) {
        wait_until_empty(cgroup_, limit_ms);
        verified = is_populated(cgroup_) ? restore_once(cgroup_, told) : verified;
    }
    if (verified && note[0] != '\0') {
        errand->request.home = lease_.home;
        std::snprintf(errand->note, sizeof errand->note, "%s", note);
        in_child(print_note, errand, note_limit_ms);
    }
    return verified;
}

bool Loan::run_leaving(bool (*work)(void*)) const {
    *leaving = LeavingErrand{{lease_.vt, lease_.home, cgroup_, lease_.init.pid}, {}, {}};
    return in_child(work, leaving, leaving_limit_ms) == Ended::well;
}

Look Loan::look_at_owner() const {
    const bool seen = run_leaving([](void* context) {
        auto* const mine = static_cast<LeavingErrand*>(context);
        mine->seen = guard::look_at_owner(mine->desktop);
        return true;
    });
    return seen ? leaving->seen : Look{};
}

Departure Loan::complete_switch() const {
    const bool done = run_leaving([](void* context) {
        auto* const mine = static_cast<LeavingErrand*>(context);
        mine->departure = guard::complete_switch(mine->desktop);
        return true;
    });
    return done ? leaving->departure : Departure{};
}

Departure Loan::switch_home() const {
    const bool done = run_leaving([](void* context) {
        auto* const mine = static_cast<LeavingErrand*>(context);
        mine->departure = guard::switch_home(mine->desktop, owner_limit_ms);
        return true;
    });
    return done ? leaving->departure : Departure{};
}

Departure Loan::show_desktop() const {
    const bool done = run_leaving([](void* context) {
        auto* const mine = static_cast<LeavingErrand*>(context);
        mine->departure = guard::show_desktop(mine->desktop);
        return true;
    });
    return done ? leaving->departure : Departure{};
}

} // namespace berth::guard
