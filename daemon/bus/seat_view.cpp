#include "bus/seat_view.hpp"

#include "base/result.hpp"
#include "model/json.hpp"

namespace berth::bus {

namespace {

std::string fact(const model::Seat& seat, const char* name) {
    const auto found = seat.facts.find(name);
    return found == seat.facts.end() ? std::string{} : found->second;
}

DockView view_of(const model::Dock& dock) {
    return {dock.id, dock.name, dock.rule, model::names_of(dock.has)};
}

} // namespace

SeatView view_of(const model::Seat& seat, std::int64_t realtime_offset) {
    SeatView view;
    view.name = seat.name.value;
    view.state = model::name_of(seat.state);
    if (seat.plan) {
        view.mode = model::name_of(seat.plan->mode);
        view.desktop = seat.plan->profile.name;
        view.image = seat.plan->profile.image;
    }
    view.container_id = seat.container;
    view.vt = seat.vt ? seat.vt->vt : 0;
    view.display = fact(seat, "display");
    view.wayland_display = fact(seat, "wayland-display");
    if (seat.door) {
        view.machine_id = seat.door->machine_id;
        view.runtime_directory = seat.door->runtime;
    }
    if (seat.last_failure) {
        view.last_failure = {std::string{model::name_of(seat.last_failure->step)},
                             std::string{error_name(seat.last_failure->code)}, seat.last_failure->message};
    }
    view.since = seat.since == 0 ? 0 : static_cast<std::uint64_t>(seat.since + realtime_offset);
    view.devices = seat.devices;
    for (const model::Dock& dock : seat.docks) {
        view.docks.push_back(view_of(dock));
    }
    for (const model::Display& display : seat.displays) {
        view.displays.emplace_back(display.id, display.name);
    }
    return view;
}

std::string first_dock(const SeatView& view) {
    return view.docks.empty() ? std::string{} : view.docks.front().id;
}

std::vector<std::string> changed_properties(const SeatView& before, const SeatView& after) {
    std::vector<std::string> names;
    const auto compare = [&](const char* name, const auto& old_value, const auto& new_value) {
        if (old_value != new_value) {
            names.emplace_back(name);
        }
    };
    compare("Mode", before.mode, after.mode);
    compare("State", before.state, after.state);
    compare("Desktop", before.desktop, after.desktop);
    compare("Image", before.image, after.image);
    compare("ContainerId", before.container_id, after.container_id);
    compare("Vt", before.vt, after.vt);
    compare("Display", before.display, after.display);
    compare("WaylandDisplay", before.wayland_display, after.wayland_display);
    compare("MachineId", before.machine_id, after.machine_id);
    compare("RuntimeDirectory", before.runtime_directory, after.runtime_directory);
    compare("LastFailure", before.last_failure, after.last_failure);
    compare("Since", before.since, after.since);
    compare("Devices", before.devices, after.devices);
    compare("Docked", before.docks.empty(), after.docks.empty());
    compare("Dock", first_dock(before), first_dock(after));
    compare("Docks", before.docks, after.docks);
    compare("Displays", before.displays, after.displays);
    return names;
}

} // namespace berth::bus
