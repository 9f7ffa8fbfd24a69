#include "udev_relay/event_sender.hpp"

#include "base/log.hpp"
#include "udev_relay/udev_group.hpp"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <sched.h>
#include <string>
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

/// The number of a pidfd's process; 0 or less: it has gone, or is in no namespace that this process sees.
pid_t pid_of(int process) {
    std::ifstream facts{"/proc/self/fdinfo/" + std::to_string(process)};
    for (std::string line; std::getline(facts, line);) {
        if (line.starts_with("Pid:")) {
            return std::atoi(line.c_str() + std::strlen("Pid:"));
        }
    }
    return 0;
}

/// Who is 0 inside, of a file such as /proc/PID/uid_map: lines "INSIDE OUTSIDE COUNT" (user_namespaces(7)). Nothing:
/// nobody is, and then whoever is not mapped is believed by a libudev that asks (systemd 252).
std::optional<std::uint32_t> outside_of_zero(const std::string& path) {
    std::ifstream map{path};
    for (std::uint32_t inside = 0, outside = 0, count = 0; map >> inside >> outside >> count;) {
        if (inside == 0) {
            return outside;
        }
    }
    return std::nullopt;
}

/// This thread is in another network from here to the end of the scope.
class Visit {
  public:
    Visit(int process, const UniqueFd& home)
        : home_{home.get()}, error_{::setns(process, CLONE_NEWNET) == 0 ? 0 : errno} {}

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

Result<EventSender::Root> EventSender::root_of(int process) {
    const pid_t pid = pid_of(process);
    const std::string folder = "/proc/" + std::to_string(pid);
    const auto uid = outside_of_zero(folder + "/uid_map");
    const auto gid = outside_of_zero(folder + "/gid_map");
    if (pid <= 0 || is_over(process, POLLIN)) { // what was read may be another's
        return Error{ErrorCode::failed, "the container's process has gone"};
    }
    return Root{uid.value_or(0), gid.value_or(0)};
}

Result<std::optional<EventSender>> EventSender::to_peer_of(int connected) {
    const auto process = process_behind(connected);
    return process ? to_network_of(process->get()) : process.error();
}

Result<std::optional<EventSender>> EventSender::to_network_of(int process) {
    const auto root = root_of(process);
    if (!root) {
        return root.error();
    }
    const auto home = open_own_network();
    if (!home) {
        return home.error();
    }
    const Visit visit{process, *home};
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
    return std::optional{EventSender{std::move(socket), *root}};
}

Result<void> EventSender::send(std::string_view message) const {
    sockaddr_nl group = address_of(udev_group);
    iovec part{const_cast<char*>(message.data()), message.size()}; // sendmsg(2) does not write to it
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
    msghdr letter{};
    letter.msg_name = &group;
    letter.msg_namelen = sizeof group;
    letter.msg_iov = &part;
    letter.msg_iovlen = 1;
    if (root_.uid != 0) {
        letter.msg_control = control.data();
        letter.msg_controllen = control.size();
        cmsghdr* const header = CMSG_FIRSTHDR(&letter);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_CREDENTIALS;
        header->cmsg_len = CMSG_LEN(sizeof(ucred));
        const ucred sender{::getpid(), root_.uid, root_.gid};
        std::memcpy(CMSG_DATA(header), &sender, sizeof sender);
    }
    const ssize_t sent = ::sendmsg(socket_.get(), &letter, 0);
    // A multicast is also offered to the kernel's own socket, which refuses it: so says every sender to a group.
    if (sent < 0 && errno != ECONNREFUSED) {
        return system_error("send an event of udev's into the container's network", errno);
    }
    return {};
}

} // namespace berth::udev_relay
