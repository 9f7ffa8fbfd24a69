#include "engine/root_view.hpp"

#include "base/unique_fd.hpp"

#include <linux/openat2.h>
#include <sys/syscall.h>

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace berth::engine {

std::optional<bool> is_in_root_of(pid_t pid, const std::string& path) {
    const std::string name = "/proc/" + std::to_string(pid) + "/root";
    const UniqueFd root{::open(name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!root) {
        return std::nullopt;
    }
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    const UniqueFd found{static_cast<int>(::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how))};
    if (found) {
        return true;
    }
    return errno == ENOENT || errno == ENOTDIR ? std::optional{false} : std::nullopt;
}

} // namespace berth::engine
