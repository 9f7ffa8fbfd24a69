#pragma once

#include "login1/call_limits.hpp"
#include "login1_bus/connection.hpp"

#include <functional>
#include <string>

namespace berth::login1 {

/// org.freedesktop.login1 on a container's bus, from one connection until it is lost. The bus and everybody on it are
/// one domain of trust: the container. One thread: the io_context's.
class ContainerBus {
  public:
    struct Callbacks {
        std::function<void()> on_named;                         ///< the name is ours: calls come in
        std::function<void(sd_bus_message*)> on_call;           ///< to be answered, now or later
        std::function<void(const std::string& name)> on_left;   ///< a connection or a name is gone
        std::function<void(const std::string& reason)> on_lost; ///< once; never from inside a call of this class
    };

    /// Takes a connected socket. Throws std::runtime_error when sd-bus cannot be set up.
    ContainerBus(boost::asio::io_context& io, UniqueFd socket, const Limits& limits, Callbacks callbacks);
    ContainerBus(const ContainerBus&) = delete;
    ContainerBus& operator=(const ContainerBus&) = delete;

    /// The name was given; signals are of use.
    [[nodiscard]] bool is_named() const noexcept { return named_; }

    [[nodiscard]] Connection& connection() noexcept { return connection_; }

  private:
    void watch_names();
    void request_name();
    bool take(sd_bus_message* message);

    Callbacks callbacks_;
    bool named_{false};
    Connection connection_;
};

} // namespace berth::login1
