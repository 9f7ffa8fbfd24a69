#include "guard/survivors.hpp"

#include "guard/child.hpp"
#include "guard/folder.hpp"

#include <linux/input.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace berth::guard {
namespace {

constexpr int deepest = 8;          ///< groups below the container's: systemd in it makes four or five
constexpr unsigned drm_major = 226; ///< Documentation/admin-guide/devices.txt
constexpr unsigned input_major = 13;
/// include/uapi/drm/drm.h, DRM_IOCTL_DROP_MASTER: Debian's kernel headers leave that file out.
constexpr unsigned long drop_master_request = _IO('d', 0x1f);

/// cgroup.procs is one PID a line, read in pieces: a number may be cut by a piece's end.
void see_processes_of(int group, void (*see)(void*, pid_t), void* context) {
    const int fd = ::openat(group, "cgroup.procs", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    char piece[1024];
    pid_t pid = 0;
    ssize_t got = 0;
    while ((got = ::read(fd, piece, sizeof piece)) > 0) {
        for (ssize_t i = 0; i < got; ++i) {
            if (piece[i] >= '0' && piece[i] <= '9') {
                pid = pid * 10 + (piece[i] - '0');
            } else if (pid != 0) {
                see(context, pid);
                pid = 0;
            }
        }
    }
    ::close(fd);
}

void see_below(int parent, const char* name, int depth, void (*see)(void*, pid_t), void* context) {
    Folder group{parent, name};
    if (group.fd() < 0) {
        return;
    }
    see_processes_of(group.fd(), see, context);
    for (const char* below = nullptr; depth > 0 && (below = group.next()) != nullptr;) {
        see_below(group.fd(), below, depth - 1, see, context); // a file is no directory: nothing is seen
    }
}

bool is_device(int fd, unsigned major) {
    struct stat status {};

    return ::fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && major(status.st_rdev) == major;
}

bool drop_master(void* /*context*/, int fd) {
    return is_device(fd, drm_major) && ::ioctl(fd, drop_master_request, 0) == 0;
}

bool revoke(void* /*context*/, int fd) {
    return is_device(fd, input_major) && ::ioctl(fd, EVIOCREVOKE, nullptr) == 0;
}

void take_from(void* context, pid_t pid) {
    Taken& taken = *static_cast<Taken*>(context);
    ++taken.tasks;
    taken.masters += each_descriptor(pid, "/dri/card", drop_master, nullptr);
    taken.inputs += each_descriptor(pid, "/input/event", revoke, nullptr);
}

} // namespace

void each_process(int cgroup, void (*see)(void*, pid_t), void* context) {
    see_below(cgroup, ".", deepest, see, context);
}

unsigned each_descriptor(pid_t pid, const char* piece, bool (*see)(void*, int), void* context) {
    char path[32];
    std::snprintf(path, sizeof path, "/proc/%d/fd", pid);
    const int process = open_pidfd(pid);
    Folder descriptors{AT_FDCWD, path};
    unsigned count = 0;
    for (const char* name = nullptr; process >= 0 && (name = descriptors.next()) != nullptr;) {
        char target[256];
        const ssize_t length = ::readlinkat(descriptors.fd(), name, target, sizeof target - 1);
        target[length > 0 ? length : 0] = '\0';
        unsigned long long number = 0;
        if (std::strstr(target, piece) == nullptr || !read_number(name, number)) {
            continue;
        }
        const int copy = static_cast<int>(::syscall(SYS_pidfd_getfd, process, static_cast<int>(number), 0));
        if (copy >= 0) {
            count += see(context, copy) ? 1 : 0;
            ::close(copy);
        }
    }
    if (process >= 0) {
        ::close(process);
    }
    return count;
}

Taken take_devices(int cgroup) {
    Taken taken;
    each_process(cgroup, take_from, &taken);
    return taken;
}

unsigned take_masters(int cgroup) {
    unsigned masters = 0;
    each_process(
        cgroup,
        [](void* context, pid_t pid) {
            *static_cast<unsigned*>(context) += each_descriptor(pid, "/dri/card", drop_master, nullptr);
        },
        &masters);
    return masters;
}

void kill_all(int cgroup) {
    if (!write_file(cgroup, "cgroup.kill", "1")) {
        each_process(
            cgroup, [](void*, pid_t pid) { ::kill(pid, SIGKILL); }, nullptr);
    }
}

bool is_populated(int cgroup) {
    char events[256];
    if (read_file(cgroup, "cgroup.events", events, sizeof events)) {
        return std::strstr(events, "populated 1") != nullptr;
    }
    bool any = false;
    each_process(
        cgroup, [](void* context, pid_t) { *static_cast<bool*>(context) = true; }, &any);
    return any;
}

} // namespace berth::guard
