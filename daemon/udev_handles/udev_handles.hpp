#pragma once

#include <libudev.h>

#include <memory>
#include <string_view>

/// libudev(3)'s objects with owners. One thread at a time may use what comes from one context.
namespace berth {

struct UnrefUdev {
    void operator()(udev* handle) const noexcept { udev_unref(handle); }

    void operator()(udev_monitor* handle) const noexcept { udev_monitor_unref(handle); }

    void operator()(udev_enumerate* handle) const noexcept { udev_enumerate_unref(handle); }

    void operator()(udev_device* handle) const noexcept { udev_device_unref(handle); }
};

template <class T>
using UdevHandle = std::unique_ptr<T, UnrefUdev>;

/// libudev has null for what is not there.
inline std::string_view view(const char* text) noexcept {
    return text == nullptr ? std::string_view{} : std::string_view{text};
}

/// Calls `take` with each device of the list that is there now. Returns what udev_enumerate_scan_devices(3) did: below
/// 0 is an error's number, negated; what could be found is taken nevertheless.
template <class Take>
int for_each_listed(udev* context, udev_enumerate* list, Take&& take) {
    const int scanned = udev_enumerate_scan_devices(list);
    udev_list_entry* entry = nullptr;
    udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(list)) {
        const UdevHandle<udev_device> device{udev_device_new_from_syspath(context, udev_list_entry_get_name(entry))};
        if (device) { // else it has gone meanwhile
            take(device.get());
        }
    }
    return scanned;
}

} // namespace berth
