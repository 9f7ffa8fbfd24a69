#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// What the host's devices were and what became of them, as a text that a person can send and a test can play again
/// ("berth record-docks"). Values alone: recorder/ reads them off the host.
namespace berth::recording {

/// Names and values.
using Pairs = std::vector<std::pair<std::string, std::string>>;

/// A device as sysfs and udev had it. No text has a line's end in it but an attribute's, and no name has '='.
struct Device {
    std::string path{}; ///< below /sys: "/devices/pci0000:00/0000:00:14.0/usb1/1-2"
    std::string node{}; ///< below /dev: "input/event5"; empty: it has none
    Pairs properties{}; ///< udev's, sorted by name; SUBSYSTEM among them
    Pairs attributes{}; ///< files of sysfs below the device's folder ("id/vendor") and their bytes, sorted by name
    Pairs links{};      ///< links of sysfs below the device's folder, and what they say

    bool operator==(const Device&) const = default;
};

/// One of udev's messages. Or, where `action` is empty, that some were lost.
struct Event {
    std::uint64_t at_ms{0};        ///< since the beginning
    std::string action{};          ///< "add", "bind", "change", "remove", …
    std::string path{};            ///< the device's; empty where messages were lost
    std::vector<Device> devices{}; ///< the device as it was then, the last; before it, those it stands on that were not
                                   ///< described yet, and, of a graphics card that changed, its outputs. None of
                                   ///< "remove". Where messages were lost: all that was there

    bool operator==(const Event&) const = default;
};

struct Recording {
    std::vector<Device> begin{}; ///< all that was there, each behind what it stands on
    std::vector<Event> events{};
    int torn_line{0}; ///< where the text ended in the midst of something, which is left out: its last line. 0: nowhere

    bool operator==(const Recording&) const = default;
};

/// The value of that name; null: there is none.
const std::string* value_of(const Pairs& pairs, const std::string& name) noexcept;

} // namespace berth::recording
