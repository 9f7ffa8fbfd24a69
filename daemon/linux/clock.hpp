#pragma once

#include "ports/outside.hpp"

#include <cstdint>

namespace berth::os {

/// CLOCK_MONOTONIC (clock_gettime(2)), in microseconds: never jumps when the time of day is set.
class MonotonicClock final : public ports::Clock {
  public:
    [[nodiscard]] model::Microseconds now() const override;
};

/// The time of day: CLOCK_REALTIME, in microseconds.
std::int64_t microseconds_of_realtime();

} // namespace berth::os
