#include "linux/sd_notify.hpp"

#include <systemd/sd-daemon.h>

#include <cstdint>

namespace berth::os {

ServiceManager::ServiceManager(boost::asio::io_context& io) : timer_{io} {
    std::uint64_t interval = 0;
    if (sd_watchdog_enabled(0, &interval) > 0) {
        half_interval_ = std::chrono::microseconds{interval / 2};
    }
}

void ServiceManager::ready() {
    sd_notify(0, "READY=1");
    if (half_interval_.count() > 0) {
        keep_alive();
    }
}

void ServiceManager::keep_alive() {
    sd_notify(0, "WATCHDOG=1");
    timer_.expires_after(half_interval_);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) {
            keep_alive();
        }
    });
}

void ServiceManager::status(const std::string& text) {
    sd_notify(0, ("STATUS=" + text).c_str());
}

void ServiceManager::stopping() {
    sd_notify(0, "STOPPING=1");
}

} // namespace berth::os
