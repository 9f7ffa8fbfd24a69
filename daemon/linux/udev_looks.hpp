#pragma once

#include "base/result.hpp"
#include "model/ids.hpp"
#include "udev_handles/udev_handles.hpp"

#include <cerrno>
#include <initializer_list>
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

/// Calls `take` with each device of these subsystems that is there now; `names`: only those that have such a name
/// (glob(7)).
template <class Take>
Result<void> for_each_device(udev* context, std::initializer_list<const char*> subsystems, Take&& take,
                             const char* names = nullptr) {
    const UdevHandle<udev_enumerate> list{udev_enumerate_new(context)};
    if (!list) {
        return system_error("udev_enumerate_new", errno);
    }
    for (const char* subsystem : subsystems) {
        udev_enumerate_add_match_subsystem(list.get(), subsystem);
    }
    if (names != nullptr) {
        udev_enumerate_add_match_sysname(list.get(), names);
    }
    const int scanned = for_each_listed(context, list.get(), std::forward<Take>(take));
    return scanned < 0 ? Result<void>{system_error("udev_enumerate_scan_devices", -scanned)} : Result<void>{};
}

} // namespace berth::os
