#pragma once

#include "linux/servers.hpp"
#include "ports/client_ports.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace berth::os {

/// ports::LoopbackPorts by the program berth-loopback (daemon/loopback), one process a port.
///
/// - The desktop's socket is opened as a door's item is (openat2(2), no link, a socket), and the program is given that
///   descriptor. What the container is, it is told by a pidfd of its init.
/// - Each has a file RUNTIME/ports/CLIENT/PORT, root's alone, that it locks for as long as it lives (fcntl(2),
/// F_GETLK):
///   so one that an earlier berthd left is known and is still the right one, whatever its number is. In the file stands
///   what it is for. The client's cookie lies beside these files (getrandom(2)).
///
/// One thread: the io_context's.
class LoopbackPorts final : public ports::LoopbackPorts {
  public:
    /// `program`: where berth-loopback is; `limit`: within which it must listen.
    LoopbackPorts(boost::asio::io_context& io, std::string program, std::string runtime_dir,
                  std::chrono::milliseconds limit = std::chrono::seconds{10});

    void open(const model::ClientId& client, pid_t init, const model::LoopbackPort& port, Done<void> done) override;
    Result<model::CookieFile> cookie(const model::ClientId& client) override;
    void close(const model::ClientId& client, std::uint16_t port) override;
    void close_all(const model::ClientId& client) override;

  private:
    /// Nothing to do: a child of none where the port is served already as it should be.
    Result<StartedServer> begin(const model::ClientId& client, pid_t init, const model::LoopbackPort& port);
    [[nodiscard]] std::string folder_of(const model::ClientId& client) const;

    boost::asio::io_context& io_;
    std::string program_;
    std::string runtime_dir_;
    Servers servers_;
};

} // namespace berth::os
