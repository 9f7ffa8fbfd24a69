#include "linux/desktop_cookies.hpp"

#include "base/unique_fd.hpp"
#include "linux/file_tree.hpp"
#include "xauth/wild.hpp"

#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <string_view>
#include <tuple>
#include <unistd.h>

namespace berth::os {
namespace {

/// Files that are looked at; a desktop that has made more has a reason of its own.
constexpr int most_candidates = 64;

bool is_called(const std::string& name, CookieFile which) {
    return which == CookieFile::own ? name == "berth-xauthority" : name.starts_with(".mutter-Xwaylandauth.");
}

/// O_PATH: nothing is done to what is there, a FIFO or a device, say.
UniqueFd find_cookies(int folder, const std::string& name) {
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
    return UniqueFd{static_cast<int>(::syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how))};
}

struct Candidate {
    UniqueFd file;
    timespec changed{};

    [[nodiscard]] bool is_newer_than(const Candidate& other) const {
        return std::tie(changed.tv_sec, changed.tv_nsec) > std::tie(other.changed.tv_sec, other.changed.tv_nsec);
    }
};

/// The file where it may be read; none where it is something else, or somebody else's.
Candidate candidate(int folder, const std::string& name, uid_t owner) {
    UniqueFd file = find_cookies(folder, name);

    struct stat status {};

    if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != owner) {
        return {};
    }
    return Candidate{std::move(file), status.st_mtim};
}

Result<std::string> read_cookies(const UniqueFd& found) {
    // The same file, whatever its name stands for by now.
    const UniqueFd file{::open(("/proc/self/fd/" + std::to_string(found.get())).c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file) {
        return system_error("open the desktop's X cookies", errno);
    }
    std::string bytes(xauth::largest_file + 1, '\0'); // one more, so that a larger one is seen to be larger
    std::size_t size = 0;
    while (size < bytes.size()) {
        const ssize_t got = ::read(file.get(), bytes.data() + size, bytes.size() - size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return system_error("read the desktop's X cookies", errno);
        }
        if (got == 0) {
            break;
        }
        size += static_cast<std::size_t>(got);
    }
    bytes.resize(size);
    return bytes;
}

} // namespace

Result<std::string> desktop_cookies(const std::string& runtime, CookieFile which, uid_t owner) {
    const UniqueFd folder{::open(runtime.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!folder) {
        return system_error("open " + runtime, errno);
    }
    const auto names = names_in(folder.get());
    if (!names) {
        return names.error();
    }
    Candidate newest;
    int left = most_candidates;
    for (const std::string& name : *names) {
        if (!is_called(name, which) || left-- <= 0) {
            continue;
        }
        Candidate next = candidate(folder.get(), name, owner);
        if (next.file && (!newest.file || next.is_newer_than(newest))) {
            newest = std::move(next);
        }
    }
    if (!newest.file) {
        return std::string{};
    }
    const auto bytes = read_cookies(newest.file);
    return bytes ? xauth::for_every_host(*bytes) : bytes;
}

} // namespace berth::os
