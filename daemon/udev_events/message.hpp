#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace berth::udev_events {

/// The longest message that is read, in bytes. udevd's are some hundred; the kernel's own part is at most 2048
/// (UEVENT_BUFFER_SIZE, include/linux/kobject.h), the rest is what rules add.
inline constexpr std::size_t longest_message = std::size_t{64} * 1024;

/// What of a message decides who is told. Views into the message.
struct Summary {
    std::string_view action;    ///< "add", "change", "remove", …
    std::string_view devpath;   ///< below /sys, e.g. "/devices/…/input/input7/event5"
    std::string_view subsystem; ///< "input", "drm", …
    std::string_view seat;      ///< ID_SEAT; empty: udev says nothing of a seat

    bool operator==(const Summary&) const = default;
};

/// Reads a message of the "udev" multicast group: struct monitor_netlink_header and properties "KEY=VALUE", each with a
/// zero byte behind it (systemd, src/libsystemd/sd-device/device-monitor.c). Nothing where it is not one, or lacks
/// action, path or subsystem: whatever the bytes are, no byte outside of them is read.
std::optional<Summary> read_message(std::string_view bytes);

/// A device as udev's database has it.
struct Device {
    std::vector<std::pair<std::string, std::string>> properties; ///< DEVPATH and SUBSYSTEM among them
    std::vector<std::string> tags;                               ///< by which receivers may filter

    bool operator==(const Device&) const = default;
};

/// A property's value; empty where the device has none of that name. A view into the device.
std::string_view value_of(const Device& device, std::string_view name);

/// ":seat:uaccess:", as the properties TAGS and CURRENT_TAGS list them, taken apart.
std::vector<std::string> split_tags(std::string_view list);

/// One of udev's messages as a whole.
struct Event {
    std::string action;
    Device device; ///< tags: those of the property TAGS

    bool operator==(const Event&) const = default;
};

/// As read_message, with every property that the message has, in its order.
std::optional<Event> read_event(std::string_view bytes);

/// The message that says `action` of a device, in the form that udevd sends, with the hashes by which libudev's
/// monitors filter in the kernel. ACTION and SEQNUM are set here, and replace what the device has of them.
std::string write_message(std::string_view action, const Device& device);

} // namespace berth::udev_events
