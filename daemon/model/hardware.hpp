#pragma once

#include "model/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::model {

/// What a device is to a person.
enum class DeviceKind {
    hub,         ///< a USB hub
    thunderbolt, ///< a Thunderbolt or USB4 device
    base,        ///< a base that a portable is put on (the kernel's platform devices "dock_station")
    keyboard,
    mouse, ///< and touchpads: whatever moves a pointer
    touch, ///< a touch screen or a tablet with a pen
    joystick,
    sound,
    camera,
    network,
    storage,
    gpu, ///< a DRM card
    other,
};

/// One device of the host, as udev and sysfs have it. What it stands on is told by its path alone: a device is behind
/// another when its path begins with the other's.
struct Device {
    std::string path; ///< below /sys, e.g. "/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/…"
    DeviceKind kind{DeviceKind::other};
    SeatName seat;           ///< ID_SEAT of udev, seat0 where udev says nothing (sd-login(3))
    std::string node{};      ///< "/dev/input/event5"; empty: it has none
    std::string id{};        ///< of what docks are made of: "usb:17ef:30a9:0123", the same wherever it is plugged in
    std::string name{};      ///< for people, by the device's own word: printable, at most 64 characters
    std::string companion{}; ///< of a USB 3 hub: the path of the hub that shares its plug at the other speed
    bool built_in{false};    ///< the firmware says that it is no part that can be unplugged

    bool operator==(const Device&) const = default;
};

/// A dock that is plugged in, with what is behind it.
struct Dock {
    std::string id;                   ///< its device's
    std::string name;                 ///< its device's
    std::string path;                 ///< its device's
    std::string companion{};          ///< the path of the hub that is its other half, at the other speed; empty: none
    std::vector<DeviceKind> has{};    ///< what is behind it, each kind once, in the order of the kinds
    std::vector<std::string> nodes{}; ///< the device nodes of that, sorted
    std::string rule{};               ///< the profile that says what its coming and going means; empty: none does

    bool operator==(const Dock&) const = default;
};

/// What it means to a desktop that a dock came or went.
enum class DockAction {
    forward, ///< the desktop hears of the devices from udev, and goes on
    reseat,  ///< it is taken down, and comes up with the devices that there are then
};

/// Which docks a profile is about. All that is said must be true of one; what is not said is true of all.
struct DockMatch {
    std::string id;              ///< with "*" for any text: "usb:17ef:*"
    std::string name;            ///< the same
    std::vector<DeviceKind> has; ///< each of them is behind it

    bool operator==(const DockMatch&) const = default;
};

/// docks/NAME.json, read and validated (packaging/schemas/dock.schema.json).
struct DockProfile {
    std::string name; ///< the file's name without ".json"
    std::string description;
    DockMatch match;
    DockAction on_dock{DockAction::forward};
    DockAction on_undock{DockAction::forward};
    std::uint32_t grace_s{5}; ///< a re-seat waits so many seconds for the dock to come back, or to go again

    bool operator==(const DockProfile&) const = default;
};

/// What a desktop was brought up with, as far as a re-seat can be due for a change of it. Nothing: not known yet, since
/// berthd had not read the devices.
struct Equipment {
    std::optional<std::vector<Dock>> docks{};
    std::optional<std::vector<std::string>> cards{}; ///< nodes of DRM cards, sorted

    bool operator==(const Equipment&) const = default;
};

/// "hub", "keyboard", "sound", …
std::string_view name_of(DeviceKind kind) noexcept;
std::optional<DeviceKind> device_kind_from(std::string_view name) noexcept; ///< nothing: no kind has that name
std::string_view name_of(DockAction action) noexcept;                       ///< "forward", "reseat"

/// The device at `path` is behind the one at `above`: plugged into it, or a part of it.
[[nodiscard]] bool is_behind(std::string_view path, std::string_view above) noexcept;

/// The device at `path` is the dock, its other half, or behind either.
[[nodiscard]] bool belongs_to(std::string_view path, const Dock& dock) noexcept;

/// The most devices that are looked at: whoever plugs in more has no docks beyond them.
inline constexpr std::size_t most_devices = 1024;

} // namespace berth::model
