#pragma once

#include "udev_events/message.hpp"

#include <string_view>
#include <vector>

namespace berth::udev_relay {

/// Every device of which the desktop on a seat would be told (udev_events::concerns), as udev's database has it now
/// (libudev(3)). Some ten milliseconds. Empty where udev cannot be asked.
std::vector<udev_events::Device> devices_of(std::string_view seat);

} // namespace berth::udev_relay
