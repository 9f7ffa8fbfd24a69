#pragma once

#include "linux/servers.hpp"
#include "ports/client_ports.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <string>

namespace berth::os {

/// ports::BusFilters by xdg-dbus-proxy(1), one process a client, as the desktop's user.
///
/// - The bus's socket is where a desktop may have put anything: it is opened as a door's item is (openat2(2), no link,
///   a socket), and the proxy is given that descriptor, which connect(2) takes by its name in /proc/self/fd.
/// - Its own socket lies in a folder of the door that is its user's; that, too, it is given as a descriptor, since the
///   way there is root's alone.
/// - It outlives this object and berthd: the pipe by which it says that it listens ("--fd", at whose other end it would
///   end with its parent) has both its ends in the proxy itself. The next berthd adopts its clients with a filter of
///   their own each, at the same path; what was connected through the old one connects anew.
/// - One that an earlier berthd left is found by its socket: the kernel says who listens there (SO_PEERCRED).
/// - What it passes on of a client's greeting is the client's own word, and the bus compares that with the
///   proxy's user: a client must be, and say that it is, of the desktop user's id (libdbus, GDBus). sd-bus, which sends
///   its whole greeting at once, is not understood by xdg-dbus-proxy 0.1.4.
///
/// One thread: the io_context's.
class BusFilters final : public ports::BusFilters {
  public:
    /// `program`: where xdg-dbus-proxy is; `limit`: within which it must listen.
    explicit BusFilters(boost::asio::io_context& io, std::string program = "/usr/bin/xdg-dbus-proxy",
                        std::chrono::milliseconds limit = std::chrono::seconds{5});

    void start(const model::ClientId& client, const model::BusFilter& filter, const std::string& path,
               Done<void> done) override;
    void stop(const model::ClientId& client, const std::string& path) override;

  private:
    [[nodiscard]] Result<StartedServer> begin(const model::BusFilter& filter, const std::string& path) const;

    boost::asio::io_context& io_;
    std::string program_;
    Servers filters_;
};

} // namespace berth::os
