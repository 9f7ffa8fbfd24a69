#pragma once

#include "base/result.hpp"
#include "model/ids.hpp"
#include "udev_handles/udev_handles.hpp"

#include <cerrno>
#include <span>
#include <string>
#include <string_view>
#include <utility>

/// What is asked of every device of libudev's. Private to linux/.
namespace berth::os {

/// By its ID_SEAT; seat0 where udev says nothing (sd-login(3)).
inline model::SeatName seat_of(udev_device* device) {
    const std::string_view told = view(udev_device_get_property_value(device, "ID_SEAT"));
    return model::SeatName{std::string{told.empty() ? std::string_view{"seat0"} : told}};
}

/// Which devices are met, of those of the subsystems asked for; null: all of them.
struct Narrowed {
    const char* names{nullptr};  ///< whose names are so (glob(7))
    udev_device* below{nullptr}; ///< this one, and those that are below it in sysfs
};

/// Calls `take` with each device of these subsystems that is there now.
template <class Take>
Result<void> for_each_device(udev* context, std::span<const char* const> subsystems, Take&& take,
                             const Narrowed& narrowed = {}) {
    const UdevHandle<udev_enumerate> list{udev_enumerate_new(context)};
    if (!list) {
        return system_error("udev_enumerate_new", errno);
    }
    for (const char* subsystem : subsystems) {
        udev_enumerate_add_match_subsystem(list.get(), subsystem);
    }
    if (narrowed.names != nullptr) {
        udev_enumerate_add_match_sysname(list.get(), narrowed.names);
    }
    if (narrowed.below != nullptr) {
        udev_enumerate_add_match_parent(list.get(), narrowed.below);
    }
    const int scanned = for_each_listed(context, list.get(), std::forward<Take>(take));
    return scanned < 0 ? Result<void>{system_error("udev_enumerate_scan_devices", -scanned)} : Result<void>{};
}

} // namespace berth::os
