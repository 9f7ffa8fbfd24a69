#include "linux/door_source.hpp"

#include <climits>

#include <linux/openat2.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include <cerrno>
#include <fcntl.h>
#include <string>

namespace berth::os {
namespace {

using Kind = model::DoorItem::Kind;

std::string_view words_for_mode(mode_t mode) noexcept {
    switch (mode & S_IFMT) {
    case S_IFSOCK:
        return "a socket";
    case S_IFCHR:
        return "a character device";
    case S_IFBLK:
        return "a block device";
    case S_IFDIR:
        return "a directory";
    case S_IFREG:
        return "a regular file";
    case S_IFLNK:
        return "a symbolic link";
    case S_IFIFO:
        return "a FIFO";
    default:
        return "something else";
    }
}

bool is_of(Kind kind, mode_t mode) noexcept {
    switch (kind) {
    case Kind::socket:
        return S_ISSOCK(mode);
    case Kind::node:
        return S_ISCHR(mode) || S_ISBLK(mode);
    case Kind::directory:
        return S_ISDIR(mode);
    case Kind::file:
        return S_ISREG(mode);
    case Kind::text:
        return false;
    }
    return false;
}

Error refused_below(const std::string& where, int number) {
    if (number == ELOOP) {
        return Error{ErrorCode::failed, where + " is a symbolic link, or lies behind one: not followed"};
    }
    if (number == EXDEV) {
        return Error{ErrorCode::failed, where + " leads out of its root or onto another mount: not followed"};
    }
    return system_error("open " + where, number);
}

Result<UniqueFd> open_inside(const UniqueFd& root, const std::string& path, const std::string& where) {
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC; // no O_NOFOLLOW: with it a link at the end would be opened instead of refused
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
    UniqueFd found{static_cast<int>(::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how))};
    if (!found) {
        return refused_below(where, errno);
    }
    return found;
}

Result<UniqueFd> open_root(const std::string& path, bool is_whole) {
    UniqueFd root{::open(path.c_str(), O_PATH | O_CLOEXEC | (is_whole ? 0 : O_DIRECTORY))};
    if (!root) {
        return system_error("open " + path, errno);
    }
    return root;
}

bool is_without_devices(int file) {
    struct statvfs mount {};

    return ::fstatvfs(file, &mount) != 0 || (mount.f_flag & ST_NODEV) != 0;
}

} // namespace

bool stays_below(std::string_view path) noexcept {
    if (path.empty() || path.size() >= PATH_MAX || path.find('\0') != std::string_view::npos) {
        return false;
    }
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string_view part = path.substr(begin, end - begin);
        if (part.empty() || part == "." || part == "..") {
            return false;
        }
        begin = end + 1;
    }
    return true;
}

Result<DoorSource> open_source(const model::DoorItem& item) {
    const std::string where = item.path.empty() ? item.root : item.root + "/" + item.path;
    const bool root_is_good = item.root.starts_with('/') && item.root.find('\0') == std::string::npos;
    if (item.kind == Kind::text || !root_is_good || !(item.path.empty() || stays_below(item.path))) {
        return Error{ErrorCode::invalid_argument, "\"" + where.substr(0, 200) + "\" is no place of the host to show"};
    }
    auto file = open_root(item.root, item.path.empty());
    if (file && !item.path.empty()) {
        file = open_inside(*file, item.path, where);
    }
    if (!file) {
        return file.error();
    }
    DoorSource source{std::move(*file), {}};
    if (::fstat(source.file.get(), &source.status) != 0) {
        return system_error("stat " + where, errno);
    }
    if (!is_of(item.kind, source.status.st_mode)) {
        return Error{ErrorCode::failed, where + " is " + std::string{words_for_mode(source.status.st_mode)} + ", not " +
                                            std::string{words_for(item.kind)}};
    }
    if (item.kind == Kind::node && is_without_devices(source.file.get())) {
        return Error{ErrorCode::failed, where + " lies on a mount without devices (nodev): it could not be opened"};
    }
    return source;
}

std::string_view words_for(Kind kind) noexcept {
    switch (kind) {
    case Kind::socket:
        return "a socket";
    case Kind::node:
        return "a device node";
    case Kind::directory:
        return "a directory";
    case Kind::file:
        return "a regular file";
    case Kind::text:
        return "a text";
    }
    return "a text";
}

} // namespace berth::os
