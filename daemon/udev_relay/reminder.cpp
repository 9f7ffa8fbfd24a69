#include "udev_relay/reminder.hpp"

#include <utility>

namespace berth::udev_relay {

std::string reminder_of(udev_events::Device device) {
    const std::string subsystem{udev_events::value_of(device, "SUBSYSTEM")};
    if (subsystem == "drm") {
        device.properties.emplace_back("HOTPLUG", "1");
    }
    return udev_events::write_message(subsystem == "input" ? "add" : "change", device);
}

} // namespace berth::udev_relay
