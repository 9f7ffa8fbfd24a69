#include "udev_relay/seat_devices.hpp"

#include "udev_events/audience.hpp"
#include "udev_handles/udev_handles.hpp"

namespace berth::udev_relay {
namespace {

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
    const UdevHandle<udev> context{udev_new()};
    const UdevHandle<udev_enumerate> list{context ? udev_enumerate_new(context.get()) : nullptr};
    if (!list) {
        return devices;
    }
    for (const std::string& subsystem : udev_events::subsystems()) {
        udev_enumerate_add_match_subsystem(list.get(), subsystem.c_str());
    }
    for_each_listed(context.get(), list.get(), [&](udev_device* device) {
        const udev_events::Summary summary{.action = "add",
                                           .devpath = view(udev_device_get_devpath(device)),
                                           .subsystem = view(udev_device_get_subsystem(device)),
                                           .seat = view(udev_device_get_property_value(device, "ID_SEAT"))};
        if (udev_events::concerns(summary, seat)) {
            devices.push_back(facts_of(device));
        }
    });
    return devices;
}

bool is_there(std::string_view devpath) {
    const UdevHandle<udev> context{udev_new()};
    const UdevHandle<udev_device> device{
        context ? udev_device_new_from_syspath(context.get(), ("/sys" + std::string{devpath}).c_str()) : nullptr};
    return device && udev_device_get_is_initialized(device.get()) != 0;
}

} // namespace berth::udev_relay
