#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <string>

namespace berth::os {

/// Tells the service manager how berthd is, sd_notify(3). Without NOTIFY_SOCKET nothing is sent and no timer runs.
class ServiceNotifier {
  public:
    explicit ServiceNotifier(boost::asio::io_context& io);
    ServiceNotifier(const ServiceNotifier&) = delete;
    ServiceNotifier& operator=(const ServiceNotifier&) = delete;
    ~ServiceNotifier();

    /// READY=1 with a status line; from now on WATCHDOG=1 at half of WatchdogSec= (sd_watchdog_enabled(3)), as long as
    /// the loop turns.
    void ready(const std::string& status);
    void status(const std::string& status);
    void stopping(const std::string& status); ///< STOPPING=1; the watchdog goes on
    void reloading();                         ///< RELOADING=1; `ready` ends it

  private:
    void tick();

    boost::asio::steady_timer timer_;
    std::chrono::microseconds interval_{0};
};

} // namespace berth::os
