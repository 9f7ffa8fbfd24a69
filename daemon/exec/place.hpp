#pragma once

#include <cstdint>

/// Places in a container's file system, for whoever mounts there from outside. The container may change what is there
/// at any moment: every part of a path is opened by itself, below a descriptor, and no link is followed (openat2(2),
/// RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS). No allocation. Any thread.
namespace berth::exec {

/// The parts of a path at most: what is mounted lies at short ones.
constexpr unsigned most_parts = 16;

/// What went wrong: a step's words and errno.
struct Trouble {
    const char* step{""};
    int number{0};
};

/// A directory that is there now.
struct Place {
    int fd{-1};       ///< O_PATH; the caller's to close
    unsigned made{0}; ///< how many of the last parts of its path were made for it
};

/// True for an absolute path that stays below its root: no empty part, no "." and "..", at most most_parts, 255 bytes a
/// part.
bool is_plain(const char* path);

/// Opens the directory `path` below `root`, making what is missing (0755, root's). False with `trouble`: a link is on
/// the way (ELOOP), it is no directory (ENOTDIR), it cannot be made (EROFS, …), or it is of the kernel's own file
/// systems (EPERM: proc, sysfs, control groups), where nothing may be hidden or replaced. What was made is then removed
/// again.
bool open_place(int root, const char* path, Place& place, Trouble& trouble);

/// Whether nothing is in the directory of `fd` (O_PATH will do); false, too, where that cannot be seen.
bool is_empty(int fd);

/// Removes the last `made` directories of `path`, as far as they are empty.
void unmake(int root, const char* path, unsigned made);

/// As openat2(2) says above, of a directory that is there; -1 with errno.
int open_below(int root, const char* path);

/// The kernel's number of the mount that the file of `fd` lies on; never used again where the kernel has such numbers
/// (STATX_MNT_ID_UNIQUE, Linux 6.8), else (STATX_MNT_ID) not as long as the mount is there. 0: the kernel does not say.
std::uint64_t mount_number(int fd);

} // namespace berth::exec
