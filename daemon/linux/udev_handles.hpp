#pragma once

#include "base/result.hpp"
#include "model/ids.hpp"

#include <libudev.h>

#include <cerrno>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// libudev(3)'s objects with owners, and what is asked of every device. Private to linux/.
namespace berth::os {

struct UnrefUdev {
    void operator()(udev* handle) const noexcept { udev_unref(handle); }

    void operator()(udev_monitor* handle) const noexcept { udev_monitor_unref(handle); }

    void operator()(udev_enumerate* handle) const noexcept { udev_enumerate_unref(handle); }

    void operator()(udev_device* handle) const noexcept { udev_device_unref(handle); }
};

template <class T>
using UdevHandle = std::unique_ptr<T, UnrefUdev>;

/// libudev has null for what is not there.
inline std::string_view view(const char* text) {
    return text == nullptr ? std::string_view{} : std::string_view{text};
}

/// By its ID_SEAT; seat0 where udev says nothing (sd-login(3)).
inline model::SeatName seat_of(udev_device* device) {
    const std::string_view told = view(udev_device_get_property_value(device, "ID_SEAT"));
    return model::SeatName{std::string{told.empty() ? std::string_view{"seat0"} : told}};
}

/// Calls `take` with each device of these subsystems that is there now.
template <class Take>
Result<void> for_each_device(udev* context, std::initializer_list<const char*> subsystems, Take&& take) {
    const UdevHandle<udev_enumerate> list{udev_enumerate_new(context)};
    if (!list) {
        return system_error("udev_enumerate_new", errno);
    }
    for (const char* subsystem : subsystems) {
        udev_enumerate_add_match_subsystem(list.get(), subsystem);
    }
    if (const int error = udev_enumerate_scan_devices(list.get()); error < 0) {
        return system_error("udev_enumerate_scan_devices", -error);
    }
    udev_list_entry* entry = nullptr;
    udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(list.get())) {
        const UdevHandle<udev_device> device{udev_device_new_from_syspath(context, udev_list_entry_get_name(entry))};
        if (device) { // else it has gone meanwhile
            take(device.get());
        }
    }
    return {};
}

} // namespace berth::os
