#pragma once

#include "base/unique_fd.hpp"
#include "udev_events/orders.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <memory>

namespace berth::udev_relay {

/// berth-udev's end of the socket by which berthd tells it its orders: SOCK_SEQPACKET, an order a message, with the
/// descriptors of a `follow` as SCM_RIGHTS (unix(7)). One thread: the io_context's.
class OrderSocket {
  public:
    /// Neither may destroy the object.
    struct Callbacks {
        std::function<void(const udev_events::Order& order, const UniqueFd& process, UniqueFd folder)> on_order;
        std::function<void()> on_end; ///< berthd has gone, or is none: what came is no order
    };

    /// Makes `socket` non-blocking. Throws std::system_error where it is no descriptor.
    OrderSocket(boost::asio::io_context& io, UniqueFd socket, Callbacks callbacks);
    OrderSocket(const OrderSocket&) = delete;
    OrderSocket& operator=(const OrderSocket&) = delete;

  private:
    enum class Read { order, nothing, end };

    void wait();
    Read read_one();

    Callbacks callbacks_;
    boost::asio::posix::stream_descriptor socket_;
    std::shared_ptr<OrderSocket*> self_; ///< what a wait that is over by now looks at: this may have gone first
};

} // namespace berth::udev_relay
