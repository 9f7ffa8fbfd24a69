#pragma once

#include "model/seat.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace berth::bus {

/// A dock as the property Docks shows it.
struct DockView {
    std::string id;
    std::string name;
    std::string profile;
    std::vector<std::string> has;

    bool operator==(const DockView&) const = default;
};

/// A seat as its properties show it.
struct SeatView {
    std::string name;
    std::string mode;
    std::string state;
    std::string desktop;
    std::string image;
    std::string container_id;
    std::uint32_t vt{0};
    std::string display;
    std::string wayland_display;
    std::string machine_id;
    std::string runtime_directory;
    std::array<std::string, 3> last_failure; ///< step, error name, sentence
    std::uint64_t since{0};                  ///< microseconds of CLOCK_REALTIME
    std::vector<std::string> devices;
    std::vector<DockView> docks;
    std::vector<std::pair<std::string, std::string>> displays; ///< identity and name

    bool operator==(const SeatView&) const = default;
};

/// `realtime_offset`: CLOCK_REALTIME minus CLOCK_MONOTONIC in microseconds, since the model knows the latter alone.
SeatView view_of(const model::Seat& seat, std::int64_t realtime_offset);

/// The property Dock; empty: none is plugged in.
std::string first_dock(const SeatView& view);

/// The properties in which two views of one seat differ, by their bus names.
std::vector<std::string> changed_properties(const SeatView& before, const SeatView& after);

} // namespace berth::bus
