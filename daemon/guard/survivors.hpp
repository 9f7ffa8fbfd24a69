#pragma once

#include <sys/types.h>

#include <cstdint>

/// The processes of a control group that have not gone, and what they still hold of the screen and the keyboard.
/// cgroups(7), pidfd_getfd(2). Needs CAP_SYS_PTRACE, CAP_SYS_ADMIN.
namespace berth::guard {

/// What was taken from them.
struct Taken {
    unsigned tasks{0};   ///< processes that are left
    unsigned masters{0}; ///< cards whose DRM master was dropped
    unsigned inputs{0};  ///< input devices that were revoked
};

/// Calls `see(context, pid)` for each process of the group `cgroup` (its directory's descriptor) and of those below it.
void each_process(int cgroup, void (*see)(void* context, pid_t pid), void* context);

/// A duplicate of each descriptor of `pid` whose path contains `piece` is given to `see`, and closed after. A process
/// in uninterruptible sleep is no obstacle, a zombie holds nothing. Returns how many there were.
unsigned each_descriptor(pid_t pid, const char* piece, bool (*see)(void* context, int fd), void* context);

/// Takes DRM master from every process of the group (DRM_IOCTL_DROP_MASTER, so that what it draws from then on is
/// refused with EACCES) and cuts its input devices off (EVIOCREVOKE). Open files stay open.
Taken take_devices(int cgroup);

/// DRM master alone. Returns from how many cards it was taken.
unsigned take_masters(int cgroup);

/// Kills every process of the group: cgroup.kill (control groups v2, since Linux 5.14), else one after another.
void kill_all(int cgroup);

/// Whether the group has a process left: cgroup.events (v2), else its list. False where there is no group any more.
bool is_populated(int cgroup);

} // namespace berth::guard
