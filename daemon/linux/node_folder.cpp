#include "linux/node_folder.hpp"

#include "base/unique_fd.hpp"
#include "linux/file_tree.hpp"
#include "linux/mounts.hpp"

#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <map>
#include <unistd.h>

namespace berth::os {
namespace {

/// Nodes take no memory but their own.
constexpr const char* folder_options = "mode=0755,size=4k,nr_inodes=512";

UniqueFd open_folder(const std::string& path) {
    return UniqueFd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
}

using NodesByName = std::map<std::string, struct stat>; ///< by their last names

NodesByName read_nodes(const std::vector<std::string>& host_nodes) {
    NodesByName nodes;
    for (const std::string& path : host_nodes) {
        struct stat status {};

        if (::lstat(path.c_str(), &status) == 0 && S_ISCHR(status.st_mode)) {
            nodes[path.substr(path.rfind('/') + 1)] = status;
        }
    }
    return nodes;
}

/// The same device is there under that name.
bool is_current(int folder, const std::string& name, const struct stat& wanted) {
    struct stat there {};

    return ::fstatat(folder, name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 && S_ISCHR(there.st_mode) &&
           there.st_rdev == wanted.st_rdev;
}

Result<void> make_node(int folder, const std::string& name, const struct stat& like) {
    if (::unlinkat(folder, name.c_str(), 0) != 0 && errno != ENOENT) {
        return system_error("remove " + name, errno);
    }
    if (::mknodat(folder, name.c_str(), S_IFCHR, like.st_rdev) != 0 ||
        ::fchownat(folder, name.c_str(), like.st_uid, like.st_gid, AT_SYMLINK_NOFOLLOW) != 0) {
        return system_error("make the node " + name, errno);
    }
    return {};
}

/// IN_ATTRIB for who waits.
Result<void> open_up(int folder, const std::vector<std::string>& names, const NodesByName& nodes) {
    for (const std::string& name : names) {
        constexpr mode_t permissions = 07777;
        if (::fchmodat(folder, name.c_str(), nodes.at(name).st_mode & permissions, 0) != 0) {
            return system_error("set the mode of " + name, errno);
        }
    }
    return {};
}

} // namespace

Result<void> mount_node_folder(int parent, const std::string& name) {
    const auto made = make_directory_at(parent, name, 0755, 0, 0);
    if (!made) {
        return made.error();
    }
    const std::string path = "/proc/self/fd/" + std::to_string(parent) + "/" + name;
    if (is_mount_point(path)) {
        return {};
    }
    const std::string itself = "/proc/self/fd/" + std::to_string(made->get());
    if (::mount("berth-nodes", itself.c_str(), "tmpfs", MS_NOSUID | MS_NOEXEC, folder_options) != 0) {
        return system_error("mount a tmpfs on " + name, errno);
    }
    return {};
}

std::vector<std::string> nodes_in_folder(const std::string& path) {
    const UniqueFd folder = open_folder(path);
    auto names = folder ? names_in(folder.get()) : Result<std::vector<std::string>>{std::vector<std::string>{}};
    std::vector<std::string> sorted = names ? std::move(*names) : std::vector<std::string>{};
    std::sort(sorted.begin(), sorted.end());
    return sorted;
}

Result<void> fill_node_folder(const std::string& path, const std::vector<std::string>& host_nodes) {
    const UniqueFd folder = open_folder(path);
    if (!folder) {
        return system_error("open " + path, errno);
    }
    if (!is_mount_point(path)) {
        return Error{ErrorCode::failed, path + " is no folder of nodes"};
    }
    const NodesByName wanted = read_nodes(host_nodes);
    Result<void> first;
    const auto note = [&first](const Result<void>& done) { first = first ? done : first; };
    for (const std::string& name : nodes_in_folder(path)) {
        if (!wanted.contains(name) && ::unlinkat(folder.get(), name.c_str(), 0) != 0) {
            note(system_error("remove " + name, errno));
        }
    }
    std::vector<std::string> made;
    for (const auto& [name, status] : wanted) {
        if (is_current(folder.get(), name, status)) {
            continue;
        }
        const auto done = make_node(folder.get(), name, status);
        note(done);
        if (done) {
            made.push_back(name);
        }
    }
    std::stable_partition(made.begin(), made.end(),
                          [](const std::string& name) { return !name.starts_with("control"); });
    note(open_up(folder.get(), made, wanted));
    return first;
}

} // namespace berth::os
