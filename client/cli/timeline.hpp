#pragma once

#include "store/flight_reader.hpp"

#include <optional>
#include <string>
#include <vector>

namespace berth::cli {

/// One step of a bring-up, as the recording has it.
struct Lap {
    std::string step;
    std::int64_t began_us{0}; ///< after the bring-up's start
    std::int64_t took_us{0};
    bool failed{false};
    bool open{false}; ///< its end is not in the recording
};

/// The last bring-up of a recording.
struct Timeline {
    std::string seat;
    std::string desktop;
    std::string end;          ///< the seat's state at the end: "seated", or where it was going
    std::int64_t total_us{0}; ///< from the call to the end
    std::vector<Lap> laps;    ///< in the order in which they began
};

/// Nothing when the recording holds no bring-up. `seat` empty: of any seat.
std::optional<Timeline> last_bring_up(const store::Flight& flight, const std::string& seat = {});

} // namespace berth::cli
