#pragma once

#include "udev_events/message.hpp"

#include <string_view>
#include <vector>

namespace berth::udev_relay {

/// Every device of which the desktop on a seat would be told (udev_events::concerns), as udev's database has it now
/// (libudev(3)). Some ten milliseconds. Empty where udev cannot be asked.
std::vector<udev_events::Device> devices_of(std::string_view seat);

/// Whether sysfs and udev's database both have the device at a path below /sys. udevd takes its record away before it
/// says that a device is gone (systemd, src/udev/udev-event.c).
bool is_there(std::string_view devpath);

} // namespace berth::udev_relay
