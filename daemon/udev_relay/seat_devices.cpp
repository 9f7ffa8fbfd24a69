#include "udev_relay/seat_devices.hpp"

#include "udev_events/audience.hpp"

#include <libudev.h>

#include <memory>

namespace berth::udev_relay {
namespace {

struct Unref {
    void operator()(udev* handle) const noexcept { udev_unref(handle); }

    void operator()(udev_enumerate* handle) const noexcept { udev_enumerate_unref(handle); }

    void operator()(udev_device* handle) const noexcept { udev_device_unref(handle); }
};

template <class T>
using Handle = std::unique_ptr<T, Unref>;

std::string_view view(const char* text) {
    return text == nullptr ? std::string_view{} : std::string_view{text};
}

udev_events::Device facts_of(udev_device* device) {
    udev_events::Device result;
    udev_list_entry* entry = nullptr;
    udev_list_entry_foreach(entry, udev_device_get_properties_list_entry(device)) {
        result.properties.emplace_back(view(udev_list_entry_get_name(entry)), view(udev_list_entry_get_value(entry)));
    }
    udev_list_entry_foreach(entry, udev_device_get_tags_list_entry(device)) {
        result.tags.emplace_back(view(udev_list_entry_get_name(entry)));
    }
    return result;
}

} // namespace

std::vector<udev_events::Device> devices_of(std::string_view seat) {
    std::vector<udev_events::Device> devices;
    const Handle<udev> context{udev_new()};
    const Handle<udev_enumerate> list{context ? udev_enumerate_new(context.get()) : nullptr};
    if (!list) {
        return devices;
    }
    for (const std::string& subsystem : udev_events::subsystems()) {
        udev_enumerate_add_match_subsystem(list.get(), subsystem.c_str());
    }
    udev_enumerate_scan_devices(list.get());
    udev_list_entry* entry = nullptr;
    udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(list.get())) {
        const Handle<udev_device> device{udev_device_new_from_syspath(context.get(), udev_list_entry_get_name(entry))};
        if (!device) { // it has gone meanwhile
            continue;
        }
        const udev_events::Summary summary{.action = "add",
                                           .devpath = view(udev_device_get_devpath(device.get())),
                                           .subsystem = view(udev_device_get_subsystem(device.get())),
                                           .seat = view(udev_device_get_property_value(device.get(), "ID_SEAT"))};
        if (udev_events::concerns(summary, seat)) {
            devices.push_back(facts_of(device.get()));
        }
    }
    return devices;
}

bool is_there(std::string_view devpath) {
    const Handle<udev> context{udev_new()};
    const Handle<udev_device> device{
        context ? udev_device_new_from_syspath(context.get(), ("/sys" + std::string{devpath}).c_str()) : nullptr};
    return device && udev_device_get_is_initialized(device.get()) != 0;
}

} // namespace berth::udev_relay
