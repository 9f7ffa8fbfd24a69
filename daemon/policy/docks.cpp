#include "policy/docks.hpp"

#include "policy/dock_rules.hpp"
#include "policy/reseat.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

namespace berth::policy {

using namespace model;

namespace {

bool may_be_dock(const Device& device, const SeatName& seat) {
    const bool is_kind =
        device.kind == DeviceKind::hub || device.kind == DeviceKind::thunderbolt || device.kind == DeviceKind::base;
    return is_kind && device.seat == seat && !device.built_in;
}

/// What makes a hub a dock.
bool makes_dock(DeviceKind kind) {
    return kind == DeviceKind::sound || kind == DeviceKind::network || kind == DeviceKind::gpu;
}

using Candidates = std::vector<const Device*>;

bool is_behind_other(const Device& device, const Device& other) {
    return is_behind(device.path, other.path) ||
           (other.kind == DeviceKind::thunderbolt && is_behind(device.path, other.companion));
}

/// Hubs and the like that stand behind no other, sorted by path.
Candidates nearest_to_host(const std::vector<Device>& devices, const SeatName& seat) {
    Candidates all;
    for (const Device& device : devices) {
        if (may_be_dock(device, seat)) {
            all.push_back(&device);
        }
    }
    std::sort(all.begin(), all.end(), [](const Device* a, const Device* b) { return a->path < b->path; });
    Candidates nearest;
    std::copy_if(all.begin(), all.end(), std::back_inserter(nearest), [&](const Device* candidate) {
        return std::none_of(all.begin(), all.end(),
                            [&](const Device* other) { return is_behind_other(*candidate, *other); });
    });
    return nearest;
}

/// The hub that is the other half of one, where that is there; else null.
const Device* other_half(const Device& first, const Candidates& candidates) {
    const auto found = std::find_if(candidates.begin(), candidates.end(), [&](const Device* other) {
        return other != &first && (other->path == first.companion || other->companion == first.path);
    });
    return found == candidates.end() ? nullptr : *found;
}

Dock dock_of(const Device& first, const Device* other, const std::vector<Device>& devices) {
    Dock dock{.id = first.id, .name = first.name, .path = first.path};
    if (other != nullptr) {
        dock.companion = other->path;
    } else if (first.kind == DeviceKind::thunderbolt) {
        dock.companion = first.companion;
    }
    std::set<DeviceKind> has;
    std::set<std::string> nodes;
    for (const Device& device : devices) {
        if (device.kind != DeviceKind::hub && device.path != dock.path && belongs_to(device.path, dock)) {
            has.insert(device.kind);
            nodes.insert(device.node);
        }
    }
    nodes.erase(""); // what has none
    dock.has.assign(has.begin(), has.end());
    dock.nodes.assign(nodes.begin(), nodes.end());
    return dock;
}

std::vector<std::string> ids_of(const std::vector<Display>& displays) {
    std::vector<std::string> ids;
    for (const Display& display : displays) {
        if (!display.id.empty()) {
            ids.push_back(display.id);
        }
    }
    return ids;
}

bool is_dock(const Device& device, const Dock& dock) {
    return device.kind != DeviceKind::hub || std::any_of(dock.has.begin(), dock.has.end(), makes_dock);
}

/// Of a dock that was there before and is there now, only what is behind it may differ.
bool is_same(const Dock& a, const Dock& b) {
    return a.id == b.id && a.path == b.path;
}

bool has_dock(const std::vector<Dock>& docks, const Dock& dock) {
    return std::any_of(docks.begin(), docks.end(), [&](const Dock& other) { return is_same(other, dock); });
}

void tell_changes(Ledger& ledger, const SeatName& seat, const std::vector<Dock>& before,
                  const std::vector<Dock>& after) {
    for (const Dock& gone : before) {
        if (!has_dock(after, gone)) {
            ledger.emit(PublishDock{seat, false, gone});
        }
    }
    for (const Dock& come : after) {
        if (!has_dock(before, come)) {
            ledger.emit(PublishDock{seat, true, come});
        }
    }
}

void name_rules(std::vector<Dock>& docks, const std::vector<DockProfile>& profiles) {
    for (Dock& dock : docks) {
        const DockProfile* const profile = profile_of(dock, profiles);
        dock.rule = profile == nullptr ? std::string{} : profile->name;
    }
}

} // namespace

std::vector<Display> displays_of(const std::vector<Device>& devices, const SeatName& seat) {
    std::vector<Display> displays;
    for (const Device& device : devices) {
        if (device.kind == DeviceKind::display && device.seat == seat && !device.built_in) {
            displays.push_back({device.id, device.name});
        }
    }
    std::sort(displays.begin(), displays.end(),
              [](const Display& a, const Display& b) { return std::tie(a.id, a.name) < std::tie(b.id, b.name); });
    return displays;
}

std::vector<Dock> docks_of(const std::vector<Device>& devices, const SeatName& seat) {
    const std::vector<std::string> displays = ids_of(displays_of(devices, seat));
    const Candidates candidates = nearest_to_host(devices, seat);
    std::vector<Dock> docks;
    std::set<const Device*> taken;
    for (const Device* candidate : candidates) {
        if (taken.contains(candidate)) {
            continue;
        }
        const Device* const other = other_half(*candidate, candidates);
        taken.insert(other);
        Dock dock = dock_of(*candidate, other, devices);
        if (is_dock(*candidate, dock)) {
            dock.displays = displays;
            docks.push_back(std::move(dock));
        }
    }
    std::sort(docks.begin(), docks.end(),
              [](const Dock& a, const Dock& b) { return std::tie(a.id, a.path) < std::tie(b.id, b.path); });
    return docks;
}

void find_docks(Ledger& ledger, Seat& seat) {
    const World& world = ledger.world();
    if (!world.hardware_known) {
        return;
    }
    std::vector<Dock> docks = docks_of(world.hardware, seat.name);
    name_rules(docks, world.dock_profiles);
    if (seat.seated_with && !seat.seated_with->docks) {
        seat.seated_with->docks = docks;
    }
    const std::vector<Dock> before = std::exchange(seat.docks, std::move(docks));
    std::vector<Display> displays = displays_of(world.hardware, seat.name);
    const bool has_others = displays != seat.displays;
    seat.displays = std::move(displays);
    if (has_others && seat.docks == before) {
        ledger.enter(seat, seat.state, "Screens changed");
    }
    if (seat.docks != before) {
        ledger.enter(seat, seat.state, "Docks changed");
        tell_changes(ledger, seat.name, before, seat.docks);
    }
}

void on_hardware_changed(Ledger& ledger, const HardwareChanged& event) {
    World& world = ledger.world();
    if (world.hardware_known && world.hardware == event.devices) {
        return;
    }
    world.hardware = event.devices;
    world.hardware_known = true;
    ledger.emit(PublishHardware{});
    for (auto& [name, seat] : world.seats) {
        find_docks(ledger, seat);
    }
    ledger.emit(ReadDocks{});
}

void on_docks_read(Ledger& ledger, const DocksRead& event) {
    ledger.world().dock_profiles = event.profiles;
    for (auto& [name, seat] : ledger.world().seats) {
        find_docks(ledger, seat);
        consider_reseat(ledger, seat, true);
    }
}

} // namespace berth::policy
