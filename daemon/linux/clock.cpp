#include "linux/clock.hpp"

#include <ctime>

namespace berth::os {

model::Microseconds MonotonicClock::now() const {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time); // cannot fail for this clock: clock_gettime(2), ERRORS
    return model::Microseconds{time.tv_sec} * 1'000'000 + time.tv_nsec / 1'000;
}

} // namespace berth::os
