#include "linux/shared_memory.hpp"

#include "linux/file_tree.hpp"
#include "linux/mounts.hpp"
#include "linux/seat_name.hpp"

#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>
#include <fcntl.h>

namespace berth::os {
namespace {

/// Without a limit of its own, files without content could fill the memory: a page or so each.
constexpr const char* shm_options = "mode=1777,size=25%,nr_inodes=65536";

bool is_tmpfs(const std::string& path) {
    struct statfs status {};

    return ::statfs(path.c_str(), &status) == 0 && status.f_type == TMPFS_MAGIC;
}

} // namespace

Result<std::string> shared_memory(const std::string& runtime_dir, const model::SeatName& seat) {
    if (!is_safe(seat)) {
        return Error{ErrorCode::invalid_argument, "\"" + seat.value + "\" is no seat's name"};
    }
    const std::string folder = runtime_dir + "/shm";
    const std::string path = folder + "/" + seat.value;
    const auto parent = make_private_directory(folder);
    if (!parent) {
        return parent.error();
    }
    if (::mkdirat(parent->get(), seat.value.c_str(), 0755) != 0 && errno != EEXIST) {
        return system_error("mkdir " + path, errno);
    }
    if (is_mount_point(path)) {
        return is_tmpfs(path) ? Result<std::string>{path}
                              : Error{ErrorCode::failed, path + " has another file system than tmpfs on it"};
    }
    const UniqueFd target{::openat(parent->get(), seat.value.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!target) {
        return system_error("open " + path, errno);
    }
    const std::string itself = "/proc/self/fd/" + std::to_string(target.get());
    if (::mount("berth-shm", itself.c_str(), "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, shm_options) != 0) {
        return system_error("mount a tmpfs on " + path, errno);
    }
    return path;
}

} // namespace berth::os
