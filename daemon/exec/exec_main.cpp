#include "exec/mounts.hpp"

#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

/// berth-exec: joins a container's mount namespace, does one job there, and ends. berthd starts it for containers that
/// it did not make; of them nothing is believed. Descriptor 3 is a pidfd of the container's init (setns(2), Linux 5.8),
/// 4 its root directory.
///
///   berth-exec mount [?]PATH...
///       Puts the detached mounts that are descriptors 5, 6, … on these directories, all or none, but those with "?"
///       only where nothing is. Prints a line "PATH NUMBER MADE" for each that is there.
///   berth-exec unmount PATH NUMBER MADE...
///       Takes away what these lines say, as far as it is still there.
///
/// Exit status: 0 done, 1 not (a sentence on the standard output), 2 usage.
namespace {

using namespace berth::exec;

constexpr int container = 3;
constexpr int container_root = 4;
constexpr int first_tree = 5;

int usage() {
    std::fputs("usage: berth-exec mount [?]PATH... | unmount PATH NUMBER MADE..., with descriptors\n", stderr);
    return 2;
}

int fail(const char* path, const Trouble& trouble) {
    std::printf("%s in the container: %s: %s\n", path, trouble.step, std::strerror(trouble.number));
    return 1;
}

/// Nobody in there may look at this process, and nothing but the container's own is open in it.
bool enter(unsigned trees) {
    ::prctl(PR_SET_DUMPABLE, 0);
    ::signal(SIGPIPE, SIG_IGN);
    // Its working directory and root are the container's from here on, and are not looked at.
    return ::syscall(SYS_close_range, first_tree + trees, ~0U, 0) == 0 && ::setns(container, CLONE_NEWNS) == 0 &&
           ::fchdir(container_root) == 0;
}

int mount_job(int count, char** paths) {
    Mount mounts[most_mounts];
    for (int i = 0; i < count; ++i) {
        const bool if_empty = paths[i][0] == '?';
        mounts[i] = {paths[i] + (if_empty ? 1 : 0), first_tree + i, 0, if_empty, 0};
        if (!is_plain(mounts[i].path)) {
            return usage();
        }
    }
    if (!enter(static_cast<unsigned>(count))) {
        return fail("/", {"enter its mount namespace", errno});
    }
    unsigned failed = 0;
    Trouble trouble;
    if (!mount_all(container_root, mounts, static_cast<unsigned>(count), failed, trouble)) {
        return fail(mounts[failed].path, trouble);
    }
    for (int i = 0; i < count; ++i) {
        if (mounts[i].number == 0) {
            continue;
        }
        std::printf("%s %llu %u\n", mounts[i].path, static_cast<unsigned long long>(mounts[i].number), mounts[i].made);
    }
    return 0;
}

int unmount_job(int count, char** words) {
    Mount mounts[most_mounts];
    for (int i = 0; i < count; ++i) {
        char* end_of_number = nullptr;
        char* end_of_made = nullptr;
        char** const line = words + static_cast<std::ptrdiff_t>(3) * i;
        mounts[i] = {line[0], -1, std::strtoull(line[1], &end_of_number, 10), false,
                     static_cast<unsigned>(std::strtoul(line[2], &end_of_made, 10))};
        if (!is_plain(line[0]) || *end_of_number != '\0' || *end_of_made != '\0' || mounts[i].made > most_parts) {
            return usage();
        }
    }
    if (!enter(0)) {
        return fail("/", {"enter its mount namespace", errno});
    }
    unsigned failed = 0;
    Trouble trouble;
    return unmount_all(container_root, mounts, static_cast<unsigned>(count), failed, trouble)
               ? 0
               : fail(mounts[failed].path, trouble);
}

} // namespace

int main(int argc, char** argv) {
    const char* const job = argc > 2 ? argv[1] : "";
    const int words = argc - 2;
    if (std::strcmp(job, "mount") == 0 && words <= static_cast<int>(most_mounts)) {
        return mount_job(words, argv + 2);
    }
    if (std::strcmp(job, "unmount") == 0 && words % 3 == 0 && words / 3 <= static_cast<int>(most_mounts)) {
        return unmount_job(words / 3, argv + 2);
    }
    return usage();
}
