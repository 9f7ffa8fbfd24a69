#include "exec/place.hpp"

#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace berth::exec {

namespace {

constexpr std::size_t longest_part = 255;
constexpr unsigned unique_number = 0x4000; ///< STATX_MNT_ID_UNIQUE, not in the headers of the oldest host

/// The parts of a path, one after another.
class Parts {
  public:
    explicit Parts(const char* path) : at_{path} {}

    /// False at the end.
    bool next(char (&part)[longest_part + 1]) {
        at_ += *at_ == '/' ? 1 : 0;
        const std::size_t length = std::strcspn(at_, "/");
        if (length == 0 || length > longest_part) {
            return false;
        }
        std::memcpy(part, at_, length);
        part[length] = '\0';
        at_ += length;
        return true;
    }

    [[nodiscard]] bool at_end() const { return *at_ == '\0'; }

  private:
    const char* at_;
};

int open_part(int parent, const char* part) {
    open_how how{};
    how.flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return static_cast<int>(::syscall(SYS_openat2, parent, part, &how, sizeof how));
}

/// Whoever mounts over these hides what the kernel says of the container, or shows what it should not see.
bool is_the_kernels(int fd) {
    struct statfs facts {};

    if (::fstatfs(fd, &facts) != 0) {
        return true;
    }
    switch (static_cast<unsigned long>(facts.f_type)) {
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case SECURITYFS_MAGIC:
    case DEBUGFS_MAGIC:
    case TRACEFS_MAGIC:
    case BPF_FS_MAGIC:
        return true;
    default:
        return false;
    }
}

/// One part further; `made` counts on from the first that had to be made.
int step(int parent, const char* part, unsigned& made, Trouble& trouble) {
    int fd = open_part(parent, part);
    if (fd < 0 && errno == ENOENT) {
        if (::mkdirat(parent, part, 0755) != 0 && errno != EEXIST) {
            trouble = {"make a directory", errno};
            return -1;
        }
        ++made;
        fd = open_part(parent, part);
    } else if (made != 0) {
        ++made; // somebody put it there meanwhile; what lies below what was made goes with it
    }
    if (fd < 0) {
        trouble = {"open", errno};
    }
    return fd;
}

} // namespace

bool is_plain(const char* path) {
    const std::size_t length = std::strlen(path);
    if (length == 0 || path[0] != '/' || path[length - 1] == '/') {
        return false;
    }
    Parts parts{path};
    char part[longest_part + 1];
    unsigned count = 0;
    while (parts.next(part)) {
        if (++count > most_parts || std::strcmp(part, ".") == 0 || std::strcmp(part, "..") == 0) {
            return false;
        }
    }
    return count > 0 && parts.at_end();
}

bool open_place(int root, const char* path, Place& place, Trouble& trouble) {
    Parts parts{path};
    char part[longest_part + 1];
    unsigned made = 0;
    int fd = ::fcntl(root, F_DUPFD_CLOEXEC, 0);
    while (fd >= 0 && parts.next(part)) {
        const int next = step(fd, part, made, trouble);
        ::close(fd);
        fd = next;
    }
    if (fd >= 0 && is_the_kernels(fd)) {
        ::close(fd);
        fd = -1;
        trouble = {"mount over one of the kernel's own file systems", EPERM};
    }
    if (fd < 0) {
        const int number = trouble.number;
        unmake(root, path, made);
        errno = number;
        return false;
    }
    place = {fd, made};
    return true;
}

bool is_empty(int fd) {
    const int directory = ::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    if (directory < 0) {
        return false;
    }
    alignas(std::uint64_t) char entries[1024];
    long size = 0;
    bool empty = true;
    while (empty && (size = ::syscall(SYS_getdents64, directory, entries, sizeof entries)) > 0) {
        for (long at = 0; at < size;) { // struct linux_dirent64, getdents(2): the length at 16, the name from 19 on
            unsigned short length = 0;
            std::memcpy(&length, entries + at + 16, sizeof length);
            const char* const name = entries + at + 19;
            empty = empty && (std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0);
            at += length;
        }
    }
    ::close(directory);
    return empty && size == 0;
}

void unmake(int root, const char* path, unsigned made) {
    char begin[most_parts * (longest_part + 1) + 1];
    std::snprintf(begin, sizeof begin, "%s", path);
    for (; made > 0; --made) {
        char* const slash = std::strrchr(begin, '/');
        if (slash == nullptr) {
            return;
        }
        *slash = '\0';
        const int parent = begin[0] == '\0' ? ::fcntl(root, F_DUPFD_CLOEXEC, 0) : open_below(root, begin);
        if (parent < 0) {
            continue; // it was not made, or is gone
        }
        ::unlinkat(parent, slash + 1, AT_REMOVEDIR);
        ::close(parent);
    }
}

int open_below(int root, const char* path) {
    return open_part(root, path + (path[0] == '/' ? 1 : 0));
}

std::uint64_t mount_number(int fd) {
    struct statx facts {};

    if (::statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID | unique_number, &facts) != 0) {
        return 0;
    }
    return (facts.stx_mask & (STATX_MNT_ID | unique_number)) == 0 ? 0 : facts.stx_mnt_id;
}

} // namespace berth::exec
