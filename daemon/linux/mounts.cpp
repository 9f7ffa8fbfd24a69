#include "linux/mounts.hpp"

#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <fcntl.h>

namespace berth::os {
namespace {

// Not in the headers of the oldest host that berth is built on (linux/mount.h).
constexpr unsigned beneath = 0x200; ///< MOVE_MOUNT_BENEATH

constexpr unsigned by_descriptor = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;

} // namespace

bool is_mount_point(const std::string& path) {
    struct statx status {};

    return ::statx(AT_FDCWD, path.c_str(), AT_SYMLINK_NOFOLLOW, STATX_TYPE, &status) == 0 &&
           (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

Result<UniqueFd> clone_mount(int source, std::uint64_t attributes) {
    UniqueFd mount{::open_tree(source, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH)};
    if (!mount) {
        return system_error("open_tree", errno);
    }
    mount_attr attr{};
    attr.attr_set = attributes;
    attr.propagation = MS_PRIVATE; // else it is a peer of where it comes from, and shares what is mounted there later
    if (::mount_setattr(mount.get(), "", AT_EMPTY_PATH, &attr, sizeof attr) != 0) {
        return system_error("mount_setattr", errno);
    }
    return mount;
}

Result<void> attach(int mount, int target) {
    if (::move_mount(mount, "", target, "", by_descriptor) != 0) {
        return system_error("move_mount", errno);
    }
    return {};
}

Result<bool> attach_beneath(int mount, int top) {
    if (::move_mount(mount, "", top, "", by_descriptor | beneath) == 0) {
        return true;
    }
    if (errno == EINVAL) { // the flag is unknown, or this is nothing that can have something beneath it
        return false;
    }
    return system_error("move_mount beneath", errno);
}

Result<void> detach(int root) {
    // umount2(2) takes a path; this one is the descriptor itself (proc(5)), so no UMOUNT_NOFOLLOW.
    const std::string itself = "/proc/self/fd/" + std::to_string(root);
    if (::umount2(itself.c_str(), MNT_DETACH) != 0) {
        return system_error("umount2", errno);
    }
    return {};
}

Result<void> mount_door(const std::string& door) {
    if (is_mount_point(door)) {
        return {};
    }
    constexpr unsigned long safe = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    if (::mount(door.c_str(), door.c_str(), nullptr, MS_BIND, nullptr) != 0) {
        return system_error("bind " + door + " on itself", errno);
    }
    // Private first: the bind is else a peer of the mount that it lies on, and would share its events.
    if (::mount(nullptr, door.c_str(), nullptr, MS_PRIVATE, nullptr) != 0 ||
        ::mount(nullptr, door.c_str(), nullptr, MS_SHARED, nullptr) != 0 ||
        ::mount(nullptr, door.c_str(), nullptr, MS_BIND | MS_REMOUNT | safe, nullptr) != 0) {
        const Error error = system_error("make " + door + " a shared mount", errno);
        ::umount2(door.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW);
        return error;
    }
    return {};
}

Result<void> unmount_door(const std::string& door) {
    while (is_mount_point(door)) {
        if (::umount2(door.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0) {
            return system_error("unmount " + door, errno);
        }
    }
    return {};
}

} // namespace berth::os
