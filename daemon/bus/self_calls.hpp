#pragma once

#include "base/result.hpp"
#include "base/token_bucket.hpp"
#include "base/unique_fd.hpp"
#include "model/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

/// The calls of containers that wait for the policy: how they are told from the host bus's, and how many there
/// may be.
namespace berth::bus {

/// Set in the tokens of calls that came in by a client's own socket, and in no other: those of the host's bus (Calls)
/// count up from 1 and do not get there. Below 2^53, so that every reader of JSON has the number as it is.
inline constexpr std::uint64_t self_call_bit = std::uint64_t{1} << 52U;

/// … and in those of a desktop's.
inline constexpr std::uint64_t desktop_call_bit = std::uint64_t{1} << 51U;

inline bool is_desktop_call(model::CallToken token) noexcept {
    return (token.value & desktop_call_bit) != 0;
}

inline bool is_self_call(model::CallToken token) noexcept {
    return (token.value & self_call_bit) != 0;
}

/// How a Self socket learns whose process calls.
struct PeerChecks {
    /// The process that connected the socket, held. failed: it is gone, or the kernel cannot say.
    std::function<Result<UniqueFd>(int socket)> find;
    /// Ok where that process lives and is one of the container's (full id).
    std::function<Result<void>(const UniqueFd& process, const std::string& container)> check;
};

/// How much one container may ask. A call beyond a limit is answered with LimitsExceeded, never kept for later.
/// What the policy decides is recorded and goes to the journal, so that a client could fill both.
struct SelfLimits {
    std::size_t waiting{16};    ///< calls of one connection that are not answered yet
    std::size_t unanswered{64}; ///< … of all connections of one client, those included that have hung up since
    double calls_a_second{20};  ///< put to the policy, on average
    double burst{100};          ///< … and at once after a quiet time

    bool operator==(const SelfLimits&) const = default;
};

/// Counts calls against SelfLimits::calls_a_second. The clock is the caller's.
struct SelfRate : TokenBucket {
    SelfRate(const SelfLimits& limits, Time now) noexcept : TokenBucket{limits.calls_a_second, limits.burst, now} {}
};

} // namespace berth::bus
