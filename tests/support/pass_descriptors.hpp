#pragma once

#include <sys/socket.h>

#include <cstring>
#include <string>
#include <vector>

namespace berth::test {

/// Sends `text` in one message with copies of `descriptors` (unix(7), SCM_RIGHTS). What sendmsg(2) returns.
inline ssize_t pass_descriptors(int socket, std::string text, const std::vector<int>& descriptors) {
    const std::size_t size = descriptors.size() * sizeof(int);
    std::vector<char> control(CMSG_SPACE(size));
    iovec part{text.data(), text.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!descriptors.empty()) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        cmsghdr* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(size);
        std::memcpy(CMSG_DATA(header), descriptors.data(), size);
    }
    return ::sendmsg(socket, &message, MSG_NOSIGNAL);
}

} // namespace berth::test
