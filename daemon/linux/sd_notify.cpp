#include "linux/sd_notify.hpp"

#include "linux/clock.hpp"

#include <systemd/sd-daemon.h>

#include <algorithm>

namespace berth::os {
namespace {

/// One line: a line break in a status would begin another variable.
std::string one_line(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char character) { return character == '\n' || character == '\0'; }, ' ');
    return text;
}

} // namespace

ServiceNotifier::ServiceNotifier(boost::asio::io_context& io) : timer_{io} {}

ServiceNotifier::~ServiceNotifier() = default;

void ServiceNotifier::ready(const std::string& status) {
    ::sd_notify(0, ("READY=1\nSTATUS=" + one_line(status)).c_str());
    std::uint64_t limit_us = 0;
    if (interval_.count() == 0 && ::sd_watchdog_enabled(0, &limit_us) > 0) {
        interval_ = std::chrono::microseconds{limit_us / 2};
        tick();
    }
}

void ServiceNotifier::status(const std::string& status) {
    ::sd_notify(0, ("STATUS=" + one_line(status)).c_str());
}

void ServiceNotifier::stopping(const std::string& status) {
    ::sd_notify(0, ("STOPPING=1\nSTATUS=" + one_line(status)).c_str());
}

void ServiceNotifier::reloading() {
    // Type=notify-reload wants the time, too: sd_notify(3).
    ::sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(MonotonicClock{}.now())).c_str());
}

void ServiceNotifier::tick() {
    ::sd_notify(0, "WATCHDOG=1");
    timer_.expires_after(interval_);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) {
            tick();
        }
    });
}

} // namespace berth::os
