#pragma once

#include <string>
#include <string_view>
#include <vector>

/// What is recorded: what berth reads of the host's devices (daemon/linux/hardware.hpp), what the usual rules of udev
/// read or find, and nothing else. A recording is made to be sent: what is not known here may say of a person what
/// nobody asked for, such as the label of a disk.
namespace berth::recording {

/// What decides about a device. Views into what the caller has.
struct Traits {
    std::string_view path;      ///< below /sys
    std::string_view subsystem; ///< empty: it has none
    std::string_view devtype;   ///< udev's DEVTYPE; empty: it has none
    std::string_view type;      ///< the attribute "type"; empty: it has none
};

/// Those that berth looks at for docks.
const std::vector<std::string>& recorded_subsystems();

/// Is the device recorded for its own sake? (What such a device stands on is recorded, whatever it is.) Of one of
/// recorded_subsystems(), with hardware behind it; of block devices disks alone, of the platform's devices docking
/// stations alone.
bool is_recorded(const Traits& device) noexcept;

bool is_recorded_property(std::string_view name) noexcept;

/// Files below a device's folder in sysfs, sorted.
const std::vector<std::string>& recorded_attributes();

} // namespace berth::recording
