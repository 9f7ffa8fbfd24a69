#include "udev_events/audience.hpp"

#include <algorithm>
#include <array>

namespace berth::udev_events {
namespace {

enum class Unnamed {
    seat0,     ///< no ID_SEAT: the device is seat0's
    every_seat ///< no ID_SEAT: it is the machine's
};

struct Row {
    std::string_view subsystem;
    Unnamed unnamed;
};

/// Devices that the desktop is given, or of which it shows something. What is in no row is of no use in there: of
/// disks, network cards, serial lines and raw HID the container has no node.
constexpr std::array rows{
    Row{"backlight", Unnamed::seat0}, // gsd-power, Weston: the screen's brightness
    Row{"drm", Unnamed::seat0},       // mutter, wlroots, Weston: cards, and monitors that are plugged (HOTPLUG=1)
    Row{"input", Unnamed::seat0},     // libinput in every compositor; gsd; upower: the lid
    Row{"leds", Unnamed::seat0},      // upower: the keyboard's light
    Row{"media", Unnamed::seat0},     // libcamera in PipeWire
    Row{"power_supply", Unnamed::every_seat}, // upower: batteries and the mains
    Row{"sound", Unnamed::seat0},             // WirePlumber's ALSA monitor, gsd-media-keys
    Row{"usb", Unnamed::seat0},               // upower: which peripheral a battery belongs to
    Row{"usbmisc", Unnamed::seat0},           // upower: UPS
    Row{"video4linux", Unnamed::seat0},       // WirePlumber's camera monitor
};

} // namespace

bool concerns(const Summary& event, std::string_view seat) {
    const auto row =
        std::find_if(rows.begin(), rows.end(), [&](const Row& each) { return each.subsystem == event.subsystem; });
    if (row == rows.end()) {
        return false;
    }
    if (event.seat.empty()) {
        return row->unnamed == Unnamed::every_seat || seat == "seat0";
    }
    return event.seat == seat;
}

const std::vector<std::string>& subsystems() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> made;
        for (const Row& row : rows) {
            made.emplace_back(row.subsystem);
        }
        return made;
    }();
    return names;
}

} // namespace berth::udev_events
