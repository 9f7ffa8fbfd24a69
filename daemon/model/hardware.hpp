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
    gpu,     ///< a DRM card
    display, ///< a screen that is plugged into one of its outputs, or built in
    other,
};

/// One device of the host, as udev and sysfs have it. What it stands on is told by its path alone: a device is behind
/// another when its path begins with the other's.
struct Device {
    std::string path; ///< below /sys, e.g. "/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/…"
    DeviceKind kind{DeviceKind::other};
    SeatName seat;      ///< ID_SEAT of udev, seat0 where udev says nothing (sd-login(3))
    std::string node{}; ///< "/dev/input/event5"; empty: it has none
    /// The same wherever it is plugged in. Of what docks are made of: "usb:17ef:30a9:0123"; of a screen that says who
    /// it is: "edid:DEL:a0b1:7MT0187I"; of others empty.
    std::string id{};
    std::string name{}; ///< for people, by the device's own word: printable, at most 64 characters
    /// Of a USB 3 hub: the path of the hub that shares its plug at the other speed. Of a Thunderbolt device: that of
    /// the PCI device behind which all lies that its tunnel leads to, where there is one device and one such place.
    std::string companion{};
    bool built_in{false}; ///< the firmware says that it is no part that can be unplugged

    bool operator==(const Device&) const = default;
};

/// A dock that is plugged in, with what is behind it.
struct Dock {
    std::string id;                      ///< its device's
    std::string name;                    ///< its device's
    std::string path;                    ///< its device's
    std::string companion{};             ///< the path of its other half: the hub at the other speed, or a Thunderbolt
                                         ///< device's place on the PCI bus; empty: none
    std::vector<DeviceKind> has{};       ///< what is behind it, each kind once, in the order of the kinds
    std::vector<std::string> nodes{};    ///< the device nodes of that, sorted
    std::string rule{};                  ///< the profile that says what its coming and going means; empty: none does
    std::vector<std::string> displays{}; ///< identities of the screens that may be its own, sorted

    bool operator==(const Dock&) const = default;
};

/// What it means to a desktop that a dock came or went.
enum class DockAction {
    forward, ///< the desktop hears of the devices from udev, and goes on
    reseat,  ///< it is taken down, and comes up with the devices that there are then
    ignore,  ///< as forward, and a card of the dock's is no reason for a re-seat either
    ask,     ///< as reseat, if the desktop says yes to the profile's question, else as ignore
};

/// Which docks a profile is about. All that is said must be true of one; what is not said is true of all.
struct DockMatch {
    std::string id;              ///< with "*" for any text: "usb:17ef:*"
    std::string name;            ///< the same
    std::vector<DeviceKind> has; ///< each of them is behind it
    std::string display{};       ///< one of the screens that may be its own has this identity, with "*" as above

    bool operator==(const DockMatch&) const = default;
};

/// docks/NAME.json, read and validated (packaging/schemas/dock.schema.json).
struct DockProfile {
    std::string name; ///< the file's name without ".json"
    std::string description;
    DockMatch match;
    DockAction on_dock{DockAction::forward};
    DockAction on_undock{DockAction::forward};
    std::uint32_t grace_s{5}; ///< all but `forward` waits so many seconds for the dock to come back, or to go again
    /// A command in the desktop's session that puts the question to its person: exit status 0 is yes.
    std::vector<std::string> question{};
    std::uint32_t answer_s{60}; ///< so many seconds it has; then the answer is no
    /// Commands in the desktop's session: once the dock is there, or the desktop has come up with it, and once it is
    /// not any more. Empty: none. What they end with is nobody's concern.
    std::vector<std::string> docked_command{};
    std::vector<std::string> undocked_command{};

    bool operator==(const DockProfile&) const = default;
};

/// A dock that was plugged in once.
struct KnownDock {
    std::string id;                ///< its device's
    std::string name;              ///< its device's
    SeatName seat;                 ///< where it was plugged in last
    std::vector<DeviceKind> has{}; ///< all that was ever behind it, each kind once, in the order of the kinds
    std::int64_t seen{0};          ///< when it last came or went: CLOCK_REALTIME, in microseconds

    bool operator==(const KnownDock&) const = default;
};

/// A screen that is plugged into one of a seat's cards; none that is built in.
struct Display {
    std::string id;   ///< its device's
    std::string name; ///< its device's

    bool operator==(const Display&) const = default;
};

/// Whether a desktop is to be re-seated, now that a dock came or went.
struct DockQuestion {
    std::string dock;   ///< its identity
    bool docked{false}; ///< it came; else it went

    bool operator==(const DockQuestion&) const = default;
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
std::vector<std::string> names_of(const std::vector<DeviceKind>& kinds);
std::optional<DeviceKind> device_kind_from(std::string_view name) noexcept; ///< nothing: no kind has that name
std::string_view name_of(DockAction action) noexcept;                       ///< "forward", "reseat", "ignore", "ask"
std::optional<DockAction> dock_action_from(std::string_view name) noexcept; ///< nothing: no action has that name

/// The device at `path` is behind the one at `above`: plugged into it, or a part of it.
[[nodiscard]] bool is_behind(std::string_view path, std::string_view above) noexcept;

/// The device at `path` is the dock, its other half, or behind either.
[[nodiscard]] bool belongs_to(std::string_view path, const Dock& dock) noexcept;

/// The most devices that are looked at: whoever plugs in more has no docks beyond them.
inline constexpr std::size_t most_devices = 1024;

/// The most docks that are remembered, those that were seen last.
inline constexpr std::size_t most_known_docks = 64;

} // namespace berth::model
