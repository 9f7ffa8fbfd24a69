#include "guard/child.hpp"
#include "guard/folder.hpp"
#include "guard/guard_program.hpp"
#include "guard/tty_restore.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <getopt.h>
#include <initializer_list>
#include <sched.h>
#include <unistd.h>

/// berth-guard: gives a seat's text terminal back when the desktop dies and nobody else does. A unit of its own
/// (berth-guard@SEAT.service), so that what kills berthd does not take it along. daemon/README.md, "The guard".
namespace {

using namespace berth::guard;

constexpr int exit_usage = 2;

struct Options {
    const char* runtime{"/run/berth"};
    const char* seat{nullptr};
    bool detach{false};
    bool check{false};
    bool check_all{false};
};

int usage() {
    std::fputs(
        "usage: berth-guard [--runtime DIR] [--detach] SEAT\n"
        "       berth-guard [--runtime DIR] --check SEAT | --check-all\n"
        "  --runtime DIR  where berthd keeps its run-time files (default /run/berth)\n"
        "  --detach       return when the guard listens, and leave it running on its own: for hosts without systemd\n"
        "  --check        restore what a guard left, where its desktop is dead; changes nothing else\n"
        "  --check-all    the same for every seat\n"
        "Exit code: 0 well, 1 not restored, or no guard possible, 2 usage.\n",
        stderr);
    return exit_usage;
}

bool read_arguments(int argc, char** argv, Options& options) {
    const option known[] = {{"runtime", required_argument, nullptr, 'r'},
                            {"detach", no_argument, nullptr, 'd'},
                            {"check", no_argument, nullptr, 'c'},
                            {"check-all", no_argument, nullptr, 'a'},
                            {nullptr, 0, nullptr, 0}};
    for (int choice = 0; (choice = ::getopt_long(argc, argv, "", known, nullptr)) != -1;) {
        if (choice == 'r' && optarg[0] == '/') {
            options.runtime = optarg;
        } else if (choice == 'd') {
            options.detach = true;
        } else if (choice == 'c') {
            options.check = true;
        } else if (choice == 'a') {
            options.check_all = true;
        } else {
            return false;
        }
    }
    if (optind < argc) {
        options.seat = argv[optind++];
    }
    const bool seat_is_name =
        options.seat != nullptr && options.seat[0] != '\0' && std::strchr(options.seat, '/') == nullptr;
    return optind == argc && (options.check_all ? options.seat == nullptr && !options.check : seat_is_name) &&
           !(options.detach && (options.check || options.check_all));
}

/// Tells the service manager by sd_notify(3)'s protocol; without one nothing.
void notify(const char* state) {
    const char* const path = std::getenv("NOTIFY_SOCKET");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path == nullptr || (path[0] != '/' && path[0] != '@') || std::strlen(path) >= sizeof address.sun_path) {
        return;
    }
    std::memcpy(address.sun_path, path, std::strlen(path));
    if (path[0] == '@') {
        address.sun_path[0] = '\0';
    }
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
    if (fd >= 0) {
        ::sendto(fd, state, std::strlen(state), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
        ::close(fd);
    }
}

/// A session, a group and standard streams of its own; what the caller's end takes along is not ours any more.
void stand_alone(const Options& options) {
    ::setsid();
    char path[300];
    std::snprintf(path, sizeof path, "%s/guard/%s.log", options.runtime, options.seat);
    const int null = ::open("/dev/null", O_RDWR);
    const int log = ::open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    ::dup2(null, STDIN_FILENO);
    ::dup2(null, STDOUT_FILENO);
    ::dup2(log >= 0 ? log : null, STDERR_FILENO);
    // Where control groups v2 are mounted, if they are: berthd's own group may be killed as a whole.
    for (const char* mount : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
        std::snprintf(path, sizeof path, "%s/berth-guard", mount);
        ::mkdir(path, S_IRWXU | S_IRGRP | S_IXGRP | S_IROTH | S_IXOTH);
        std::snprintf(path, sizeof path, "%s/berth-guard/cgroup.procs", mount);
        write_file(AT_FDCWD, path, "0");
    }
}

/// What makes it the last to go: no page of it is taken, the kernel's memory killer passes it over, and no descriptor
/// of whoever started it (but `kept`) is open in it.
void settle(int kept) {
    const auto first = static_cast<unsigned>(STDERR_FILENO) + 1;
    if (kept >= static_cast<int>(first)) {
        close_descriptors(first, static_cast<unsigned>(kept) - 1);
    }
    close_descriptors(kept >= 0 ? static_cast<unsigned>(kept) + 1 : first, ~0U);
    if (!write_file(AT_FDCWD, "/proc/self/oom_score_adj", "-1000")) { // CAP_SYS_RESOURCE
        say(LOG_WARNING, "berth-guard", "the kernel's memory killer may take it, as any other program");
    }
    ::prctl(PR_SET_DUMPABLE, 0);
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGHUP, SIG_IGN); // a terminal that is hung up is no reason to go
    // Ahead of whatever keeps the host busy: it sleeps but for some milliseconds. Where that is refused it is one of
    // many.
    sched_param least{};
    least.sched_priority = 1;
    ::sched_setscheduler(0, SCHED_RR, &least);
    if (::chdir("/") != 0 || ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) {
        say(LOG_WARNING, "berth-guard", "its memory is not locked: it may be slow when memory is short");
    }
}

/// Guards the seat until the guard is not needed; `ready`: a pipe that is told when it listens, or -1.
int guard_seat(const Options& options, const Places& places, int ready) {
    GuardProgram program{places};
    settle(ready);
    if (!program.open()) {
        char text[200];
        std::snprintf(text, sizeof text, "%s: %s", places.socket, std::strerror(errno));
        say(LOG_ERR, options.seat, text);
        return 1;
    }
    notify("READY=1");
    if (ready >= 0) {
        [[maybe_unused]] const ssize_t told = ::write(ready, "+", 1);
        ::close(ready);
    }
    return program.run();
}

/// The caller's process returns when the guard listens; 1 when it does not.
int detach(const Options& options, const Places& places) {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        return 1;
    }
    const pid_t pid = ::fork();
    if (pid == 0) {
        stand_alone(options);
        return guard_seat(options, places, ends[1]);
    }
    char answer = '-';
    ::close(ends[1]);
    return pid > 0 && ::read(ends[0], &answer, 1) == 1 && answer == '+' ? 0 : 1;
}

int check_all(const Options& options) {
    char path[300];
    std::snprintf(path, sizeof path, "%s/guard", options.runtime);
    Folder leases{AT_FDCWD, path};
    bool good = true;
    for (const char* name = nullptr; (name = leases.next()) != nullptr;) {
        char seat[64];
        Places places{};
        const char* const end = std::strstr(name, ".lease");
        if (end == nullptr || end[6] != '\0' || end - name >= static_cast<std::ptrdiff_t>(sizeof seat)) {
            continue;
        }
        std::snprintf(seat, sizeof seat, "%.*s", static_cast<int>(end - name), name);
        good = find_places(options.runtime, seat, places) && restore_if_left(places) && good;
    }
    return good ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    Options options;
    if (!read_arguments(argc, argv, options)) {
        return usage();
    }
    if (!prepare()) {
        std::perror("berth-guard");
        return 1;
    }
    if (options.check_all) {
        return check_all(options);
    }
    Places places{};
    if (!find_places(options.runtime, options.seat, places)) {
        std::fputs("berth-guard: the seat's name, or the run-time folder's, is too long\n", stderr);
        return exit_usage;
    }
    if (options.check) {
        return restore_if_left(places) ? 0 : 1;
    }
    return options.detach ? detach(options, places) : guard_seat(options, places, -1);
}
