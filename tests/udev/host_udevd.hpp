#pragma once

#include "base/unique_fd.hpp"
#include "udev_relay/udev_group.hpp"

#include <sys/socket.h>

#include <array>
#include <cstring>
#include <string>
#include <unistd.h>

namespace berth::udev_relay {

/// The test as the host's udevd: to the group as it does, or to one socket; as user `uid`.
inline void udevd_says(const std::string& text, std::uint32_t group = udev_group, std::uint32_t port = 0,
                       uid_t uid = 0) {
    const UniqueFd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT)};
    sockaddr_nl address = address_of(group);
    address.nl_pid = port;
    iovec part{const_cast<char*>(text.data()), text.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = sizeof address;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_CREDENTIALS;
    header->cmsg_len = CMSG_LEN(sizeof(ucred));
    const ucred sender{::getpid(), uid, 0};
    std::memcpy(CMSG_DATA(header), &sender, sizeof sender);
    ::sendmsg(socket.get(), &message, 0);
}

} // namespace berth::udev_relay
