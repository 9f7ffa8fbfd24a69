#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace berth::udev_relay {

/// What udevd tells its listeners in this process's network namespace: the multicast group 2 of NETLINK_KOBJECT_UEVENT
/// (netlink(7); systemd, src/libsystemd/sd-device/device-monitor.c), message by message as it was sent. Taken is only
/// what came to that group from user 0 (SCM_CREDENTIALS, unix(7)): the kernel lets root alone send there, but a message
/// to the socket itself could be anybody's. One thread: the io_context's.
class HostEvents {
  public:
    /// Neither may destroy the object.
    struct Callbacks {
        std::function<void(std::string_view message)> on_message; ///< the bytes live as long as the call
        std::function<void()> on_overrun; ///< the socket's buffer was full: messages are lost, it is not known which
    };

    /// Listens from now on, with a buffer of 16 MiB where the kernel allows it: some thousand events.
    /// Throws std::runtime_error.
    HostEvents(boost::asio::io_context& io, Callbacks callbacks);
    HostEvents(const HostEvents&) = delete;
    HostEvents& operator=(const HostEvents&) = delete;

  private:
    void wait();
    void read_all();
    bool read_one();

    Callbacks callbacks_;
    std::vector<char> buffer_;
    boost::asio::posix::stream_descriptor socket_;
    std::shared_ptr<HostEvents*> self_; ///< what a wait that is over by now looks at: this may have gone first
};

} // namespace berth::udev_relay
