#include "udev_relay/order_socket.hpp"

#include "base/log.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace berth::udev_relay {
namespace {

constexpr std::size_t most_descriptors = 2;

/// All that came with a message, so that none is left open.
std::vector<UniqueFd> descriptors_of(msghdr& message) {
    std::vector<UniqueFd> found;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t at = 0; at < count; ++at) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + at * sizeof fd, sizeof fd);
            found.emplace_back(fd);
        }
    }
    return found;
}

} // namespace

OrderSocket::OrderSocket(boost::asio::io_context& io, UniqueFd socket, Callbacks callbacks)
    : callbacks_{std::move(callbacks)}, socket_{io, socket.release()}, self_{std::make_shared<OrderSocket*>(this)} {
    socket_.non_blocking(true);
    wait();
}

void OrderSocket::wait() {
    socket_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                       [weak = std::weak_ptr{self_}](const boost::system::error_code& error) {
                           const auto alive = weak.lock();
                           if (!alive || error) {
                               return;
                           }
                           Read last = Read::order;
                           while (last == Read::order) {
                               last = (*alive)->read_one();
                           }
                           last == Read::end ? (*alive)->callbacks_.on_end() : (*alive)->wait();
                       });
}

OrderSocket::Read OrderSocket::read_one() {
    std::array<char, udev_events::longest_order> text{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * most_descriptors)> control{};
    iovec part{text.data(), text.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(socket_.native_handle(), &message, MSG_CMSG_CLOEXEC);
    if (size < 0) {
        return errno == EAGAIN || errno == EINTR ? Read::nothing : Read::end;
    }
    std::vector<UniqueFd> came = descriptors_of(message);
    if (size == 0) {
        return Read::end;
    }
    const auto order = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0
                           ? udev_events::read_order({text.data(), static_cast<std::size_t>(size)})
                           : std::nullopt;
    if (!order) {
        log::error("what came from berthd is no order: ending");
        return Read::end;
    }
    came.resize(most_descriptors);
    callbacks_.on_order(*order, came[0], std::move(came[1]));
    return Read::order;
}

} // namespace berth::udev_relay
