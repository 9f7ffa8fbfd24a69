#pragma once

#include "udev_events/message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace berth::udev_events {

/// Whether the desktop on a seat is told of an event. Its subsystem must be one of `subsystems`, and its seat that one:
/// ID_SEAT, absent for seat0 (sd-login(3)). A power supply of which udev names no seat is every seat's: one battery
/// feeds all of them.
bool concerns(const Summary& event, std::string_view seat);

/// All that a desktop is told of; audience.cpp says who in it listens.
const std::vector<std::string>& subsystems();

} // namespace berth::udev_events
