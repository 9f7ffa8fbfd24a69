#pragma once

#include "base/result.hpp"
#include "model/ids.hpp"

#include <cstdint>

/// How Client.Grant and Self.Request say when what they give ends. Private to bus/.
namespace berth::bus {

inline constexpr const char* time_limit_option = "time-limit";           ///< u, seconds
inline constexpr const char* with_connection_option = "with-connection"; ///< b

/// CLOCK_BOOTTIME in microseconds.
model::Microseconds boot_time() noexcept;

/// That many seconds from now. invalid_argument: none, or more than a year of them.
Result<model::Microseconds> end_after(std::uint32_t seconds);

} // namespace berth::bus
