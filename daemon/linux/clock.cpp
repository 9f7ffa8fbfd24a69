#include "linux/clock.hpp"

#include <chrono>
#include <ctime>

namespace berth::os {

model::Microseconds MonotonicClock::now() const {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time); // cannot fail for this clock: clock_gettime(2), ERRORS
    return model::Microseconds{time.tv_sec} * 1'000'000 + time.tv_nsec / 1'000;
}

std::int64_t microseconds_of_realtime() {
    using namespace std::chrono;
    return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace berth::os
