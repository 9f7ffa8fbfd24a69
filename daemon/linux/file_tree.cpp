#include "linux/file_tree.hpp"

#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <unistd.h>

namespace berth::os {
namespace {

/// A tree nested deeper than this was made to exhaust descriptors.
constexpr int deepest = 200;

/// open(2) below `parent` that follows no link and crosses no mount point.
int open_below(int parent, const std::string& name, std::uint64_t flags) {
    open_how how{};
    how.flags = flags | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
    return static_cast<int>(::syscall(SYS_openat2, parent, name.c_str(), &how, sizeof how));
}

Result<void> remove_below(int parent, const std::string& name, int depth);

Result<void> remove_all_in(int directory, int depth) {
    const auto names = names_in(directory);
    if (!names) {
        return names.error();
    }
    for (const std::string& name : *names) {
        if (auto removed = remove_below(directory, name, depth); !removed) {
            return removed;
        }
    }
    return {};
}

Result<void> remove_below(int parent, const std::string& name, int depth) {
    if (depth > deepest) {
        return Error{ErrorCode::failed, "remove " + name + ": nested too deep"};
    }
    if (::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) {
        return {};
    }
    if (errno != EISDIR && errno != EPERM) { // unlink(2): EISDIR on Linux, EPERM as POSIX has it
        return system_error("remove " + name, errno);
    }
    const UniqueFd directory{open_below(parent, name, O_RDONLY | O_DIRECTORY)};
    if (!directory) {
        return errno == ENOENT ? Result<void>{} : system_error("open " + name + " to remove it", errno);
    }
    if (auto emptied = remove_all_in(directory.get(), depth + 1); !emptied) {
        return emptied;
    }
    if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) {
        return system_error("remove directory " + name, errno);
    }
    return {};
}

Result<void> write_all(int fd, std::string_view content, const std::string& name) {
    while (!content.empty()) {
        const ssize_t written = ::write(fd, content.data(), content.size());
        if (written < 0 && errno != EINTR) {
            return system_error("write " + name, errno);
        }
        content.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
    return {};
}

Result<void> write_new_file(int parent, const std::string& name, std::string_view content, mode_t mode, Lasts lasts) {
    const UniqueFd file{::openat(parent, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)};
    if (!file) {
        return system_error("create " + name, errno);
    }
    if (auto written = write_all(file.get(), content, name); !written) {
        return written;
    }
    const bool finished = ::fchmod(file.get(), mode) == 0 && // whatever the umask is
                          (lasts == Lasts::this_boot || ::fsync(file.get()) == 0);
    if (!finished) {
        return system_error("finish " + name, errno);
    }
    return {};
}

} // namespace

Result<UniqueFd> make_directories(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) {
        return Error{ErrorCode::failed, "make directory " + path + ": " + error.message()};
    }
    UniqueFd directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory) {
        return system_error("open directory " + path, errno);
    }
    return directory;
}

Result<UniqueFd> make_directory_at(int parent, const std::string& name, mode_t mode, uid_t uid, gid_t gid) {
    if (::mkdirat(parent, name.c_str(), mode) != 0 && errno != EEXIST) {
        return system_error("make directory " + name, errno);
    }
    UniqueFd directory{::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!directory) {
        return system_error("open directory " + name, errno);
    }
    if (::fchown(directory.get(), uid, gid) != 0 || ::fchmod(directory.get(), mode) != 0) {
        return system_error("set the owner and mode of directory " + name, errno);
    }
    return directory;
}

Result<UniqueFd> make_private_directory(const std::string& path) {
    const std::filesystem::path whole{path};
    const auto parent = make_directories(whole.parent_path().string());
    if (!parent) {
        return parent.error();
    }
    return make_directory_at(parent->get(), whole.filename().string(), 0700, ::geteuid(), ::getegid());
}

Result<void> replace_file_at(int parent, const std::string& name, std::string_view content, mode_t mode, Lasts lasts) {
    const std::string temporary = "." + name + ".new";
    if (::unlinkat(parent, temporary.c_str(), 0) != 0 && errno != ENOENT) { // a crash left it
        return system_error("remove " + temporary, errno);
    }
    auto written = write_new_file(parent, temporary, content, mode, lasts);
    if (written && ::renameat(parent, temporary.c_str(), parent, name.c_str()) != 0) {
        written = system_error("rename " + temporary + " to " + name, errno);
    }
    if (!written) {
        ::unlinkat(parent, temporary.c_str(), 0);
        return written;
    }
    if (lasts == Lasts::on_disk && ::fsync(parent) != 0 &&
        errno != EINVAL) { // EINVAL: a file system without fsync on directories
        return system_error("fsync of the directory of " + name, errno);
    }
    return {};
}

Result<std::string> read_file_at(int parent, const std::string& name, std::size_t limit) {
    const UniqueFd file{::openat(parent, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
    if (!file) {
        return system_error("open " + name, errno);
    }
    std::string content(limit, '\0');
    std::size_t have = 0;
    while (have < limit) {
        const ssize_t got = ::read(file.get(), content.data() + have, limit - have);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return system_error("read " + name, errno);
        }
        if (got == 0) {
            break;
        }
        have += static_cast<std::size_t>(got);
    }
    content.resize(have);
    return content;
}

Result<std::vector<std::string>> names_in(int directory) {
    const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copy < 0) {
        return system_error("open a directory to list it", errno);
    }
    const std::unique_ptr<DIR, int (*)(DIR*)> stream{::fdopendir(copy), &::closedir};
    if (!stream) {
        const int number = errno;
        ::close(copy);
        return system_error("list a directory", number);
    }
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(stream.get())) {
        const std::string name{entry->d_name};
        if (name != "." && name != "..") {
            names.push_back(name);
        }
    }
    return names;
}

Result<void> remove_tree_at(int parent, const std::string& name) {
    return remove_below(parent, name, 0);
}

Result<void> remove_content(int parent) {
    return remove_all_in(parent, 0);
}

} // namespace berth::os
