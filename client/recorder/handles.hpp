#pragma once

#include <libudev.h>

#include <memory>
#include <string_view>

/// libudev(3)'s objects with owners. Private to recorder/.
namespace berth::recorder {

struct Unref {
    void operator()(udev* handle) const noexcept { udev_unref(handle); }

    void operator()(udev_monitor* handle) const noexcept { udev_monitor_unref(handle); }

    void operator()(udev_enumerate* handle) const noexcept { udev_enumerate_unref(handle); }

    void operator()(udev_device* handle) const noexcept { udev_device_unref(handle); }
};

template <class T>
using Handle = std::unique_ptr<T, Unref>;

/// libudev has null for what is not there.
inline std::string_view view(const char* text) {
    return text == nullptr ? std::string_view{} : std::string_view{text};
}

} // namespace berth::recorder
