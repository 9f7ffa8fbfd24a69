#include "policy/dock_rules.hpp"
#include "policy/docks.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace berth::model;

void demand(bool holds) {
    if (!holds) {
        std::abort();
    }
}

/// The next byte; 0 where there is none.
std::uint8_t take_byte(std::string_view& bytes) {
    if (bytes.empty()) {
        return 0;
    }
    const auto byte = static_cast<std::uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    return byte;
}

/// Up to seven parts of few letters: paths that are behind one another, beside one another, and nearly so.
std::string take_path(std::string_view& bytes) {
    std::string path;
    for (int parts = take_byte(bytes) % 8; parts > 0; --parts) {
        path += '/';
        path.append(1U + take_byte(bytes) % 2U, static_cast<char>('a' + take_byte(bytes) % 3));
    }
    return path;
}

std::vector<Device> take_devices(std::string_view& bytes) {
    std::vector<Device> devices;
    while (!bytes.empty() && devices.size() < 32) {
        Device device{.path = take_path(bytes), .seat = SeatName{take_byte(bytes) % 4 == 0 ? "seat1" : "seat0"}};
        device.kind = static_cast<DeviceKind>(take_byte(bytes) % (static_cast<int>(DeviceKind::other) + 1));
        device.built_in = take_byte(bytes) % 5 == 0;
        device.id = std::string(1, static_cast<char>('0' + take_byte(bytes) % 10));
        device.companion = take_byte(bytes) % 2 == 0 ? take_path(bytes) : std::string{};
        devices.push_back(std::move(device));
    }
    return devices;
}

void check_dock(const Dock& dock, const std::vector<Device>& devices, const SeatName& seat) {
    const auto part = std::find_if(devices.begin(), devices.end(), [&](const Device& device) {
        return device.path == dock.path && device.id == dock.id && device.seat == seat && !device.built_in;
    });
    demand(part != devices.end());
    demand(std::is_sorted(dock.has.begin(), dock.has.end()) && std::is_sorted(dock.nodes.begin(), dock.nodes.end()));
    demand(std::find(dock.has.begin(), dock.has.end(), DeviceKind::hub) == dock.has.end());
}

} // namespace

/// Any devices: their docks are hubs and the like that are there, and no dock is behind another. Any text and pattern:
/// a text is like itself, like "*", and like each pattern that is made of it by stars.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view bytes{reinterpret_cast<const char*>(data), size};
    const std::size_t half = bytes.size() / 2;
    const std::string_view text = bytes.substr(0, std::min<std::size_t>(half, 64));
    const std::string_view pattern = bytes.substr(half, 64);
    demand(berth::policy::is_like(text, text) && berth::policy::is_like(text, "*"));
    demand(!berth::policy::is_like(text, pattern) || berth::policy::is_like(text, "*" + std::string{pattern} + "*"));
    const std::vector<Device> devices = take_devices(bytes);
    for (const SeatName& seat : {SeatName{"seat0"}, SeatName{"seat1"}}) {
        const std::vector<Dock> docks = berth::policy::docks_of(devices, seat);
        for (const Dock& dock : docks) {
            check_dock(dock, devices, seat);
            for (const Dock& other : docks) {
                demand(!is_behind(dock.path, other.path));
            }
        }
    }
    return 0;
}
