#include "bus/sd_bus.hpp"

#include "base/result.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <stdexcept>

namespace berth::bus {

int check(int r, const char* what) {
    if (r < 0) {
        throw std::runtime_error{system_error(what, -r).message};
    }
    return r;
}

PollRequest poll_request(sd_bus* bus) {
    PollRequest request;
    request.fd = check(sd_bus_get_fd(bus), "sd_bus_get_fd");
    request.events = static_cast<short>(check(sd_bus_get_events(bus), "sd_bus_get_events"));
    std::uint64_t timeout_us = 0; // absolute, CLOCK_MONOTONIC
    check(sd_bus_get_timeout(bus, &timeout_us), "sd_bus_get_timeout");
    if (timeout_us <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        request.deadline = std::chrono::steady_clock::time_point{
            std::chrono::microseconds{static_cast<std::chrono::microseconds::rep>(timeout_us)}};
    }
    return request;
}

} // namespace berth::bus
