#include "exec/mounts.hpp"

#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace berth::exec {

namespace {

bool put(int root, Mount& mount, Trouble& trouble) {
    Place place;
    if (!open_place(root, mount.path, place, trouble)) {
        return false;
    }
    if (mount.if_empty && !is_empty(place.fd)) {
        ::close(place.fd);
        return true;
    }
    const bool moved =
        ::syscall(SYS_move_mount, mount.tree, "", place.fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0;
    if (!moved) {
        trouble = {"mount", errno};
        unmake(root, mount.path, place.made);
    }
    ::close(place.fd);
    mount.made = moved ? place.made : 0;
    mount.number = moved ? mount_number(mount.tree) : 0;
    return moved;
}

/// umount2(2) has no descriptor: the working directory is the mount's own root, whatever its path is by now.
bool take(int root, const Mount& mount, Trouble& trouble) {
    if (mount.number == 0) {
        return true; // it was left out
    }
    const int fd = open_below(root, mount.path);
    if (fd < 0) {
        trouble = {"open", errno};
        return errno == ENOENT; // gone with its directory: nothing is left to take away
    }
    bool done = true;
    if (mount_number(fd) == mount.number) {
        done = ::fchdir(fd) == 0 && ::umount2(".", MNT_DETACH | UMOUNT_NOFOLLOW) == 0;
        trouble = done ? trouble : Trouble{"unmount", errno};
        static_cast<void>(::fchdir(root));
    }
    ::close(fd);
    if (done) {
        unmake(root, mount.path, mount.made);
    }
    return done;
}

} // namespace

bool mount_all(int root, Mount* mounts, unsigned count, unsigned& failed, Trouble& trouble) {
    for (unsigned i = 0; i < count; ++i) {
        if (!put(root, mounts[i], trouble) && !mounts[i].if_empty) {
            failed = i;
            Trouble later;
            unsigned which = 0;
            static_cast<void>(unmount_all(root, mounts, i, which, later));
            return false;
        }
    }
    return true;
}

bool unmount_all(int root, const Mount* mounts, unsigned count, unsigned& failed, Trouble& trouble) {
    bool all = true;
    for (unsigned i = count; i > 0; --i) { // one may lie on another
        if (!take(root, mounts[i - 1], trouble)) {
            failed = i - 1;
            all = false;
        }
    }
    return all;
}

} // namespace berth::exec
