#pragma once

#include "base/result.hpp"
#include "bus/asio_bus.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>

namespace sdbus {
class IConnection;
} // namespace sdbus

namespace berth::bus {

/// One connection to a message bus, served by the io_context. BusServer and PolkitAuthority share it and must go first.
class BusConnection {
  public:
    /// `address` empty: the system bus; else a D-Bus address, "unix:path=/run/berth/bus". Connecting blocks, which is
    /// why it is done once, at the start. Throws std::runtime_error with a sentence when the bus cannot be reached.
    /// `on_lost`: the bus is gone for good; called at most once, from the io_context.
    BusConnection(boost::asio::io_context& io, const std::string& address, AsioBus::Lost on_lost);
    ~BusConnection();
    BusConnection(const BusConnection&) = delete;
    BusConnection& operator=(const BusConnection&) = delete;

    /// Owns `name` on the bus. failed: another process has it, or the bus's policy says no.
    Result<void> own(const std::string& name);

    /// Gives `name` up; the objects stay.
    Result<void> release(const std::string& name);

    [[nodiscard]] sdbus::IConnection& raw() noexcept { return *connection_; }

    /// To be called after every outgoing message.
    void rearm() noexcept { loop_->rearm(); }

    /// Runs `work` from the io_context, not from inside this call.
    void post(std::function<void()> work);

  private:
    boost::asio::io_context& io_;
    std::unique_ptr<sdbus::IConnection> connection_;
    std::unique_ptr<AsioBus> loop_; // after the connection that it polls: goes first
};

} // namespace berth::bus
