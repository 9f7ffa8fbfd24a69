#include "linux/door_names.hpp"

#include "exec/place.hpp"
#include "linux/file_tree.hpp"
#include "linux/mounts.hpp"
#include "model/profile.hpp"

#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fcntl.h>
#include <string_view>

namespace berth::os {
namespace {

constexpr std::size_t longest_name = 255;

/// One name in a folder of the door: no link; `resolve` says whether a mount may be entered.
UniqueFd open_one(int folder, const std::string& name, int flags, std::uint64_t resolve) noexcept {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | resolve;
    return UniqueFd{static_cast<int>(::syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how))};
}

Result<UniqueFd> step_into(int folder, const std::string& name, bool make) {
    if (make && ::mkdirat(folder, name.c_str(), 0755) == 0) {
        UniqueFd made = open_one(folder, name, O_RDONLY | O_DIRECTORY, RESOLVE_NO_XDEV);
        if (!made || ::fchmod(made.get(), 0755) != 0) { // whatever the umask is
            return system_error("make the folder " + name, errno);
        }
        return made;
    }
    UniqueFd found = open_one(folder, name, O_RDONLY | O_DIRECTORY, RESOLVE_NO_XDEV);
    if (!found && errno == ENOENT && !make) {
        return UniqueFd{};
    }
    if (!found && errno == EXDEV) {
        return Error{ErrorCode::failed, name + " is shown itself: nothing can be shown below it"};
    }
    if (!found) {
        return system_error("open the folder " + name, errno);
    }
    return found;
}

Result<void> collect(int folder, const std::string& prefix, std::uint64_t door,
                     std::map<std::string, std::uint64_t>& found) {
    const auto names = names_in(folder);
    if (!names) {
        return names.error();
    }
    for (const std::string& name : *names) {
        const UniqueFd seen = open_one(folder, name, O_PATH | O_NOFOLLOW, 0);
        const std::uint64_t mount = seen ? exec::mount_number(seen.get()) : door;
        if (mount != door) {
            found[prefix + name] = mount;
            continue;
        }
        const UniqueFd inner = open_one(folder, name, O_RDONLY | O_DIRECTORY, RESOLVE_NO_XDEV);
        if (!inner) {
            continue; // a file
        }
        if (auto all = collect(inner.get(), prefix + name + "/", door, found); !all) {
            return all;
        }
    }
    return {};
}

bool is_sort(int file, bool is_directory, bool& is_ours) {
    struct stat status {};

    is_ours = ::fstat(file, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
    return is_ours && S_ISDIR(status.st_mode) == is_directory;
}

} // namespace

bool is_safe(const model::ClientId& client) noexcept {
    return model::is_profile_name(client.value);
}

bool is_door_name(const std::string& name) noexcept {
    if (name.empty() || name.size() > longest_name || name.front() == '/' || name.back() == '/') {
        return false;
    }
    for (std::size_t at = 0; at < name.size(); ++at) {
        const bool begins = at == 0 || name[at - 1] == '/';
        if ((begins && (name[at] == '/' || name[at] == '.')) || std::iscntrl(static_cast<unsigned char>(name[at]))) {
            return false;
        }
    }
    return true;
}

Result<DoorPlace> open_place(int door, const std::string& name, bool make) {
    UniqueFd folder{::openat(door, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!folder) {
        return system_error("open the door", errno);
    }
    std::size_t begin = 0;
    for (std::size_t end = name.find('/'); end != std::string::npos; end = name.find('/', begin)) {
        auto next = step_into(folder.get(), name.substr(begin, end - begin), make);
        if (!next) {
            return next.error();
        }
        folder = std::move(*next);
        if (!folder) {
            break;
        }
        begin = end + 1;
    }
    return DoorPlace{std::move(folder), name.substr(begin)};
}

Result<void> make_folders(int door, const std::string& path) {
    const auto place = open_place(door, path + "/", true);
    return place ? Result<void>{} : place.error();
}

UniqueFd open_seen(const DoorPlace& place) noexcept {
    return open_one(place.folder.get(), place.last, O_PATH | O_NOFOLLOW, 0);
}

Result<UniqueFd> make_target(const DoorPlace& place, bool is_directory) {
    const int folder = place.folder.get();
    const char* name = place.last.c_str();
    if (UniqueFd there = open_one(folder, place.last, O_PATH | O_NOFOLLOW, RESOLVE_NO_XDEV); there) {
        bool is_ours = false;
        if (is_sort(there.get(), is_directory, is_ours)) {
            return there;
        }
        if (!is_ours) {
            return Error{ErrorCode::failed, "something of berthd's own is there"};
        }
        if (auto removed = remove_target(place); !removed) {
            return removed.error();
        }
    } else if (errno == EXDEV) {
        return Error{ErrorCode::failed, "something that was not shown by berthd is mounted there"};
    }
    if (is_directory ? ::mkdirat(folder, name, 0755) != 0 : ::mknodat(folder, name, S_IFREG | 0444, 0) != 0) {
        return system_error("make its place", errno);
    }
    UniqueFd made = open_one(folder, place.last, O_PATH | O_NOFOLLOW, RESOLVE_NO_XDEV);
    if (!made) {
        return system_error("open its place", errno);
    }
    return made;
}

Result<void> remove_target(const DoorPlace& place) {
    const int folder = place.folder.get();
    if (::unlinkat(folder, place.last.c_str(), 0) == 0 || errno == ENOENT) {
        return {};
    }
    if (errno == EISDIR && ::unlinkat(folder, place.last.c_str(), AT_REMOVEDIR) == 0) {
        return {};
    }
    return system_error("remove its place", errno);
}

Result<std::map<std::string, std::uint64_t>> mounts_in(int door) {
    std::map<std::string, std::uint64_t> found;
    if (const auto all = collect(door, "", exec::mount_number(door), found); !all) {
        return all.error();
    }
    return found;
}

} // namespace berth::os
