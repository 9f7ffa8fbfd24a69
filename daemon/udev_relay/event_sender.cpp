#include "udev_relay/event_sender.hpp"

#include "base/log.hpp"
#include "udev_relay/udev_group.hpp"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>
#include <utility>

namespace berth::udev_relay {
namespace {

#ifdef SO_PEERPIDFD
constexpr int peer_pidfd = SO_PEERPIDFD;
#else
constexpr int peer_pidfd = 77; // include/uapi/asm-generic/socket.h, Linux 6.5
#endif

constexpr const char* own_network = "/proc/thread-self/ns/net";

/// A connection's other end, or a pidfd's process (pidfd_open(2)), has gone.
bool is_over(int fd, short events) {
    pollfd asked{fd, events, 0};
    return ::poll(&asked, 1, 0) != 0;
}

/// Who listens there. A number alone could be another process's by now; while the connection and the process behind the
/// descriptor both live, it was taken from the one that had it when it began to listen.
Result<UniqueFd> process_behind(int connected) {
    int fd = -1;
    socklen_t size = sizeof fd;
    if (::getsockopt(connected, SOL_SOCKET, peer_pidfd, &fd, &size) == 0) {
        return UniqueFd{fd};
    }
    if (errno != ENOPROTOOPT) {
        return system_error("ask who listens there", errno);
    }
    ucred peer{};
    size = sizeof peer;
    if (::getsockopt(connected, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        return system_error("ask who listens there", errno);
    }
    UniqueFd process{static_cast<int>(::syscall(SYS_pidfd_open, peer.pid, 0))};
    if (!process) {
        return system_error("open the process that listens there", errno);
    }
    if (is_over(connected, POLLRDHUP) || is_over(process.get(), POLLIN)) {
        return Error{ErrorCode::failed, "the process that listened there has gone"};
    }
    return process;
}

Result<UniqueFd> open_own_network() {
    UniqueFd own{::open(own_network, O_RDONLY | O_CLOEXEC)};
    if (!own) {
        return system_error("open the own network namespace", errno);
    }
    return own;
}

bool is_same(int left, int right) {
    struct stat one {};

    struct stat other {};

    return ::fstat(left, &one) == 0 && ::fstat(right, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

/// This thread is in another network from here to the end of the scope.
class Visit {
  public:
    Visit(const UniqueFd& process, const UniqueFd& home)
        : home_{home.get()}, error_{::setns(process.get(), CLONE_NEWNET) == 0 ? 0 : errno} {}

    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

    ~Visit() {
        if (error_ == 0 && ::setns(home_, CLONE_NEWNET) != 0) {
            log::error("there is no way back from the container's network: ending at once");
            std::abort();
        }
    }

    [[nodiscard]] int error() const noexcept { return error_; }

  private:
    int home_;
    int error_;
};

} // namespace

Result<std::optional<EventSender>> EventSender::to_peer_of(int connected) {
    const auto process = process_behind(connected);
    if (!process) {
        return process.error();
    }
    const auto home = open_own_network();
    if (!home) {
        return home.error();
    }
    const Visit visit{*process, *home};
    if (visit.error() != 0) {
        return system_error("enter the container's network", visit.error());
    }
    const auto there = open_own_network();
    if (!there) {
        return there.error();
    }
    if (is_same(home->get(), there->get())) {
        return std::optional<EventSender>{};
    }
    UniqueFd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT)};
    if (!socket) {
        return system_error("open a socket in the container's network", errno);
    }
    return std::optional{EventSender{std::move(socket)}};
}

Result<void> EventSender::send(std::string_view message) const {
    const sockaddr_nl group = address_of(udev_group);
    const ssize_t sent = ::sendto(socket_.get(), message.data(), message.size(), 0,
                                  reinterpret_cast<const sockaddr*>(&group), sizeof group);
    // A multicast is also offered to the kernel's own socket, which refuses it: so says every sender to a group.
    if (sent < 0 && errno != ECONNREFUSED) {
        return system_error("send an event of udev's into the container's network", errno);
    }
    return {};
}

} // namespace berth::udev_relay
