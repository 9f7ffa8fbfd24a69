#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <string>

namespace berth::os {

/// What the service manager is told (sd_notify(3)). Without NOTIFY_SOCKET in the environment, all of it does nothing.
class ServiceManager {
  public:
    explicit ServiceManager(boost::asio::io_context& io);

    /// READY=1, and from now on WATCHDOG=1 at half the interval of WATCHDOG_USEC (sd_watchdog_enabled(3)): the only
    /// wake-ups of an idle daemon.
    void ready();
    void status(const std::string& text);
    void stopping();

  private:
    void keep_alive();

    boost::asio::steady_timer timer_;
    std::chrono::microseconds half_interval_{0};
};

} // namespace berth::os
