#pragma once

#include "base/result.hpp"

#include <systemd/sd-bus.h>

#include <cstddef>
#include <string>
#include <vector>

namespace berth::bus {

/// How many texts a container may send in one list, and how many bytes they may have together; what is asked goes to
/// the flight recorder.
struct TextLimits {
    std::size_t texts{64};
    std::size_t bytes{16'384};
    const char* what{"texts"}; ///< what they are, for the refusal
};

/// Reads an "as". invalid_argument: beyond the limits.
Result<std::vector<std::string>> read_texts(sd_bus_message* message, const TextLimits& limits);

} // namespace berth::bus
