#pragma once

#include "base/token_bucket.hpp"

#include <chrono>
#include <cstddef>

namespace berth::login1 {

/// How much one container may ask. A call beyond a limit is answered with an error, never kept for later.
struct Limits {
    std::size_t in_flight{256};         ///< calls that wait for the host
    std::size_t text_bytes{4096};       ///< of all text in the arguments of one call
    double calls_a_second{1000};        ///< forwarded, on average
    double burst{2000};                 ///< forwarded, at once after a quiet time
    std::size_t unread{1024};           ///< messages that the container's bus leaves unread before it is hung up on
    std::chrono::seconds call_time{30}; ///< that the host may take for one call

    bool operator==(const Limits&) const = default;
};

/// Counts forwarded calls against Limits::calls_a_second. The clock is the caller's.
struct CallRate : TokenBucket {
    CallRate(const Limits& limits, Time now) noexcept : TokenBucket{limits.calls_a_second, limits.burst, now} {}
};

} // namespace berth::login1
