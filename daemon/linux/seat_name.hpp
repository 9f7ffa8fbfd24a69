#pragma once

#include "model/ids.hpp"

#include <string_view>

namespace berth::os {

/// True when a seat's name may become part of a path: 1 to 64 of [a-zA-Z0-9_-], as logind names seats (sd-login(3)). No
/// dot and no slash, so it can neither climb nor hide.
inline bool is_safe(const model::SeatName& seat) noexcept {
    constexpr std::string_view allowed{"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"};
    return !seat.value.empty() && seat.value.size() <= 64 && seat.value.find_first_not_of(allowed) == std::string::npos;
}

} // namespace berth::os
