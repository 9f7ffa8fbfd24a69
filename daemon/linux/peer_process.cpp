#include "linux/peer_process.hpp"

#include "guard/child.hpp"
#include "linux/file_tree.hpp"
#include "linux/processes.hpp"

#include <sys/socket.h>
#include <sys/types.h>

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <string_view>

namespace berth::os {
namespace {

#ifdef SO_PEERPIDFD
constexpr int peer_pidfd_option = SO_PEERPIDFD;
#else
constexpr int peer_pidfd_option = 77; // include/uapi/asm-generic/socket.h, Linux 6.5
#endif

constexpr std::size_t largest_fdinfo = 4096;

/// Its number in our PID namespace by fdinfo (proc_pid_fdinfo(5)); 0 where it has none or is gone.
pid_t number_of(const UniqueFd& process) {
    constexpr std::string_view field{"\nPid:\t"};
    const UniqueFd folder{::open("/proc/self/fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    const auto text = folder ? read_file_at(folder.get(), std::to_string(process.get()), largest_fdinfo)
                             : Result<std::string>{system_error("open /proc/self/fdinfo", errno)};
    const auto at = text ? text->find(field) : std::string::npos;
    pid_t number = 0;
    if (at != std::string::npos) {
        std::from_chars(text->data() + at + field.size(), text->data() + text->size(), number);
    }
    return number > 0 ? number : 0;
}

} // namespace

Result<UniqueFd> peer_process(int socket, PeerQuestion question) {
    int fd = -1;
    socklen_t size = sizeof fd;
    if (question == PeerQuestion::newest) {
        if (::getsockopt(socket, SOL_SOCKET, peer_pidfd_option, &fd, &size) == 0) {
            return UniqueFd{fd};
        }
        if (errno != ENOPROTOOPT) {
            return system_error("ask who connected (SO_PEERPIDFD)", errno);
        }
    }
    ucred peer{};
    size = sizeof peer;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        return system_error("ask who connected (SO_PEERCRED)", errno);
    }
    UniqueFd process{guard::open_pidfd(peer.pid)};
    if (!process) {
        return system_error("pidfd_open of who connected", errno);
    }
    return process;
}

Result<void> check_member(const UniqueFd& process, const std::string& container) {
    if (guard::has_ended(process.get())) {
        return Error{ErrorCode::failed, "the process that connected has ended"};
    }
    const pid_t number = number_of(process);
    const bool belongs = number != 0 && Processes::is_in_group_of(number, container);
    if (guard::has_ended(process.get())) { // what was read may be another's of that number
        return Error{ErrorCode::failed, "the process that connected has ended"};
    }
    return belongs
               ? Result<void>{}
               : Error{ErrorCode::failed, "the process that connected is not the container's, by its control group"};
}

} // namespace berth::os
