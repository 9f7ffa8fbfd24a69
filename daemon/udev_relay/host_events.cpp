#include "udev_relay/host_events.hpp"

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "udev_events/message.hpp"
#include "udev_relay/udev_group.hpp"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace berth::udev_relay {
namespace {

constexpr int receive_buffer = 16 * 1024 * 1024;
constexpr int most_messages_a_turn = 256; ///< the loop has the bridge to serve in a storm

[[noreturn]] void fail(const char* what) {
    throw std::runtime_error{system_error(what, errno).message};
}

int listen_to_udevd() {
    UniqueFd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT)};
    if (!socket) {
        fail("open a socket for udev's events");
    }
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer) != 0) {
        log::notice("udev's socket keeps its small buffer (CAP_NET_ADMIN is missing): overruns are more likely");
    }
    const int on = 1;
    const sockaddr_nl address = address_of(udev_group);
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0 ||
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        fail("listen to udev's events");
    }
    return socket.release();
}

bool is_from_root(msghdr& message) {
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_CREDENTIALS) {
            ucred sender{};
            std::memcpy(&sender, CMSG_DATA(part), sizeof sender);
            return sender.uid == 0;
        }
    }
    return false;
}

} // namespace

HostEvents::HostEvents(boost::asio::io_context& io, Callbacks callbacks)
    : callbacks_{std::move(callbacks)}, buffer_(udev_events::longest_message), socket_{io, listen_to_udevd()},
      self_{std::make_shared<HostEvents*>(this)} {
    wait();
}

void HostEvents::wait() {
    socket_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                       [weak = std::weak_ptr{self_}](const boost::system::error_code& error) {
                           if (const auto alive = weak.lock(); alive && !error) {
                               (*alive)->read_all();
                               (*alive)->wait();
                           }
                       });
}

void HostEvents::read_all() {
    for (int left = most_messages_a_turn; left > 0 && read_one(); --left) {
    }
}

bool HostEvents::read_one() {
    sockaddr_nl sender{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
    iovec part{buffer_.data(), buffer_.size()};
    msghdr message{};
    message.msg_name = &sender;
    message.msg_namelen = sizeof sender;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(socket_.native_handle(), &message, 0);
    if (size < 0) {
        if (errno == ENOBUFS) {
            callbacks_.on_overrun();
            return true;
        }
        return errno == EINTR;
    }
    if ((message.msg_flags & MSG_TRUNC) != 0) {
        log::warning("an event of udev's is longer than any that is known, and is not told to the desktop");
    } else if (sender.nl_groups == udev_group && is_from_root(message)) {
        callbacks_.on_message({buffer_.data(), static_cast<std::size_t>(size)});
    }
    return true;
}

} // namespace berth::udev_relay
