#include "loopback/listener.hpp"

#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <unistd.h>

/// berth-loopback x11|pulse PORT UID GID: listens on PORT of a container's own loopback, and carries who connects there
/// to a socket of its desktop, whose user is UID:GID. berthd starts one for each port that a client has
/// (LoopbackPorts). Nobody but that container reaches it, and nobody there is believed: X11's cookie is asked for by
/// the server; PulseAudio's here. The X server lets its own user in without one (Xserver(1), "localuser"), and may have
/// made its socket for that user alone, as mutter does: so its user opens it (setfsuid(2)), and the server sees nobody
/// come (SO_PEERCRED has the effective id).
///
/// Descriptors: 3 a pidfd of the container's init, 4 the desktop's socket (O_PATH), 5 where it says a line when it
/// listens, or '!' and why not, 6 a file that it locks for as long as it lives (fcntl(2), F_SETLKW), 7 the cookie
/// (pulse: 256 bytes). It has no others but 0 to 2. It outlives berthd. Exit status: 1 not served, 2 usage.
namespace {

using namespace berth::loopback;

enum : int { container = 3, target, report, lock, cookie_file, first_other };

constexpr uid_t nobody = 65534; // of every system
constexpr int patience_ms = 2000;
constexpr unsigned long highest_port = 65535;
constexpr unsigned long highest_id = 0xFFFFFFFEUL;

char cookie[PulseGreeting::cookie_size];

int usage() {
    std::fputs("usage: berth-loopback x11|pulse PORT UID GID, with descriptors\n", stderr);
    return 2;
}

int fail(const Trouble& trouble) {
    if (trouble.number == 0) {
        ::dprintf(report, "!it has the host's network, where others would reach the desktop, too");
    } else {
        ::dprintf(report, "!%s: %s", trouble.step, std::strerror(trouble.number));
    }
    return 1;
}

bool read_number(const char* text, unsigned long highest, unsigned long& number) {
    char* end = nullptr;
    errno = 0;
    number = std::strtoul(text, &end, 10);
    return errno == 0 && *text >= '0' && *text <= '9' && *end == '\0' && number <= highest;
}

bool read_cookie() {
    std::size_t size = 0;
    while (size < sizeof cookie) {
        const ssize_t got = ::pread(cookie_file, cookie + size, sizeof cookie - size, static_cast<off_t>(size));
        if (got <= 0) {
            return false;
        }
        size += static_cast<std::size_t>(got);
    }
    return true;
}

/// Until who held it before has gone.
bool take_lock() {
    struct flock whole {};

    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    int taken = 0;
    while ((taken = ::fcntl(lock, F_SETLKW, &whole)) != 0 && errno == EINTR) {
    }
    return taken == 0;
}

/// Who connects as `seen`, and opens files as `owner`.
bool become(uid_t owner, gid_t owners_group, uid_t seen) {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (::geteuid() != 0) {
        return true;
    }
    const bool changed = ::setgroups(0, nullptr) == 0 && ::setresgid(seen, seen, owners_group) == 0 &&
                         ::setresuid(seen, seen, owner) == 0;
    ::setfsgid(owners_group);
    ::setfsuid(owner);
    return changed && ::setfsuid(static_cast<uid_t>(-1)) == static_cast<int>(owner);
}

} // namespace

int main(int argc, char** argv) {
    const bool pulse = argc > 1 && std::strcmp(argv[1], "pulse") == 0;
    unsigned long port = 0;
    unsigned long uid = 0;
    unsigned long gid = 0;
    if (argc != 5 || !(pulse || std::strcmp(argv[1], "x11") == 0) || !read_number(argv[2], highest_port, port) ||
        port == 0 || !read_number(argv[3], highest_id, uid) || !read_number(argv[4], highest_id, gid)) {
        return usage();
    }
    ::syscall(SYS_close_range, first_other, ~0U, 0);
    ::signal(SIGPIPE, SIG_IGN);
    Trouble trouble;
    if (pulse && !read_cookie()) {
        return fail({"read its cookie", EIO});
    }
    if (!take_lock()) {
        return fail({"lock its port's file", errno});
    }
    if (!enter_network_of(container, trouble)) {
        return fail(trouble);
    }
    const int listener = listen_on(static_cast<std::uint16_t>(port), patience_ms, trouble);
    if (listener < 0) {
        return fail(trouble);
    }
    if (!become(static_cast<uid_t>(uid), static_cast<gid_t>(gid), pulse ? static_cast<uid_t>(uid) : nobody)) {
        return fail({"become another user", errno});
    }
    ::close(container);
    ::close(cookie_file);
    ::dprintf(report, "\n");
    ::close(report);
    serve(listener, target, pulse ? Speech::pulse : Speech::x11, cookie);
    return 1;
}
