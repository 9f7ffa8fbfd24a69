#pragma once

#include "base/result.hpp"
#include "model/ids.hpp"

#include <string>

namespace berth::os {

/// The 256 random bytes by which a client that comes by TCP shows a desktop's sound server that it may:
/// RUNTIME/cookies/SEAT, root's alone, made where it is not there (getrandom(2)). It is one for the seat until the host
/// goes down, so that clients which outlive a desktop are let in by the next. invalid_argument: no seat's name. failed:
/// it cannot be read or made; the sentence has nothing of the cookie.
Result<std::string> sound_cookie(const std::string& runtime_dir, const model::SeatName& seat);

} // namespace berth::os
