#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <cstdint>
#include <string>

/// Mounts by descriptor: what was looked at is what is mounted, and what is unmounted is what was looked at; no path is
/// walked in between. Needs CAP_SYS_ADMIN. Sources: mount_setattr(2), Documentation/filesystems/sharedsubtree.rst and
/// fs/namespace.c of Linux (open_tree and move_mount since 5.2, mount_setattr since 5.12). Any thread; nothing waits
/// but for the kernel's own locks. Errors have the system call and its errno.
namespace berth::os {

/// The directory or file at `path`, not followed where it is a link, is where something is mounted.
bool is_mount_point(const std::string& path);

/// A new mount of just the file or directory of `source` (O_PATH will do) with what is mounted below it left out,
/// private, with `attributes` (MOUNT_ATTR_*) besides those of the mount that it lies on. It is nowhere yet, and gone
/// when the descriptor is closed.
Result<UniqueFd> clone_mount(int source, std::uint64_t attributes);

/// Puts a mount of clone_mount on the file or directory of `target`; on what is mounted there already, where `target`
/// was opened through that.
Result<void> attach(int mount, int target);

/// Puts it below the mount `top`, so that it is seen as soon as that one is detached: MOVE_MOUNT_BENEATH, since 6.5.
/// False where this kernel cannot.
Result<bool> attach_beneath(int mount, int top);

/// Unmounts the mount of which `root` is the root, with all that is mounted on it, also where it has propagated to.
/// Whoever has it open keeps that (MNT_DETACH).
Result<void> detach(int root);

/// Makes the directory `door` a mount of its own (nosuid, nodev, noexec) with shared propagation, and no peer of the
/// mount that it lies on. Ok where it is one.
Result<void> mount_door(const std::string& door);

/// Unmounts it with all below it, also from the containers that see it. Ok where nothing is mounted.
Result<void> unmount_door(const std::string& door);

} // namespace berth::os
