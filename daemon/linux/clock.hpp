#pragma once

#include "ports/outside.hpp"

namespace berth::os {

/// CLOCK_MONOTONIC (clock_gettime(2)), in microseconds: never jumps when the time of day is set.
class MonotonicClock final : public ports::Clock {
  public:
    [[nodiscard]] model::Microseconds now() const override;
};

} // namespace berth::os
