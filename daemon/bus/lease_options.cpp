#include "bus/lease_options.hpp"

#include <ctime>
#include <string>

namespace berth::bus {

namespace {

constexpr model::Microseconds a_second = 1'000'000;
constexpr std::uint32_t longest_limit_s = 366 * 24 * 3600;

} // namespace

model::Microseconds boot_time() noexcept {
    timespec time{};
    ::clock_gettime(CLOCK_BOOTTIME, &time); // cannot fail for this clock: clock_gettime(2), ERRORS
    return model::Microseconds{time.tv_sec} * a_second + time.tv_nsec / 1'000;
}

Result<model::Microseconds> end_after(std::uint32_t seconds) {
    if (seconds == 0 || seconds > longest_limit_s) {
        return Error{ErrorCode::invalid_argument, std::string{"the option \""} + time_limit_option +
                                                      "\" must be 1 to " + std::to_string(longest_limit_s) +
                                                      " seconds"};
    }
    return boot_time() + seconds * a_second;
}

} // namespace berth::bus
