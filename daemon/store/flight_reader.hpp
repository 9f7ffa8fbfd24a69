#pragma once

#include "base/result.hpp"
#include "model/world.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace berth::store {

/// One recorded decision.
struct FlightEntry {
    int line{0}; ///< in the file, from 1
    model::Event event;
    std::vector<model::Effect> effects;

    bool operator==(const FlightEntry&) const = default;
};

/// A recording, read back.
struct Flight {
    model::World world; ///< before the first entry's event
    std::vector<FlightEntry> entries;
    int torn_line{0}; ///< the last line when it has no end (the daemon died while it wrote): left out. 0: none.

    bool operator==(const Flight&) const = default;
};

/// Reads a recording from its text. `file` is only for messages. invalid_argument, "FILE:LINE: what is wrong": no
/// recording, a newer version, a line that is no JSON or lacks a part, a value of the wrong type.
Result<Flight> parse_flight(std::string_view text, const std::string& file);

/// Reads a recording of at most 64 MiB.
Result<Flight> read_flight(const std::string& file);

} // namespace berth::store
