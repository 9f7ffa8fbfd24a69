#pragma once

#include "udev_events/message.hpp"

#include <string>

namespace berth::udev_events {

/// A device with the three properties that every event has; `seat` empty: udev says nothing of one.
inline Device made_device(const std::string& subsystem, const std::string& path = "/devices/a/b",
                          const std::string& seat = {}) {
    Device device{.properties = {{"DEVPATH", path}, {"SUBSYSTEM", subsystem}}, .tags = {}};
    if (!seat.empty()) {
        device.properties.emplace_back("ID_SEAT", seat);
    }
    return device;
}

/// One with a node, of which that is the number.
inline Device made_node(const std::string& subsystem, const std::string& path, const std::string& major,
                        const std::string& minor) {
    Device device = made_device(subsystem, path);
    device.properties.emplace_back("MAJOR", major);
    device.properties.emplace_back("MINOR", minor);
    return device;
}

/// What udevd would send of it.
inline std::string made_message(const std::string& action, const std::string& subsystem,
                                const std::string& path = "/devices/a/b", const std::string& seat = {}) {
    return write_message(action, made_device(subsystem, path, seat));
}

} // namespace berth::udev_events
