#include "linux/device_table.hpp"

#include "linux/hardware.hpp"
#include "linux/udev_looks.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

namespace berth::os {
namespace {

/// What seats are made of comes first, and what is looked for by name as well last.
constexpr std::array<const char*, 9> subsystems{"drm",         "input", "sound", "usb",     "thunderbolt",
                                                "video4linux", "net",   "block", "platform"};
constexpr std::size_t of_seats = 3;
constexpr std::span<const char* const> seat_subsystems = std::span{subsystems}.first(of_seats);
constexpr std::span<const char* const> platform = std::span{subsystems}.last(1);
constexpr std::span<const char* const> other_subsystems =
    std::span{subsystems}.subspan(of_seats, subsystems.size() - of_seats - platform.size());

/// Where the GPU is that a card or a render node belongs to.
std::string gpu_of(udev_device* device) {
    udev_device* const parent = udev_device_get_parent(device); // the child's own: not to be released
    return std::string{parent == nullptr ? std::string_view{} : view(udev_device_get_syspath(parent))};
}

} // namespace

DeviceTable::Facts::Node DeviceTable::kind_of_node(udev_device* device) {
    const std::string_view subsystem = view(udev_device_get_subsystem(device));
    const std::string_view name = view(udev_device_get_sysname(device));
    if (udev_device_get_devnode(device) == nullptr) { // a connector, say
        return Facts::Node::none;
    }
    if (subsystem == "drm") {
        return name.starts_with("renderD") ? Facts::Node::render
                                           : (name.starts_with("card") ? Facts::Node::card : Facts::Node::none);
    }
    const bool is_of_seat = subsystem == "sound" || (subsystem == "input" && name.starts_with("event"));
    return is_of_seat ? Facts::Node::of_seat : Facts::Node::none;
}

void DeviceTable::take(udev_device* device, Table& table) const {
    Facts facts;
    facts.kind = kind_of_node(device);
    if (scope_ == Scope::hardware) {
        facts.hardware = hardware_of(device);
    }
    if (facts.kind == Facts::Node::none && !facts.hardware) {
        return;
    }
    facts.seat = seat_of(device);
    if (facts.kind != Facts::Node::none) {
        facts.node = view(udev_device_get_devnode(device));
    }
    if (facts.kind == Facts::Node::card || facts.kind == Facts::Node::render) {
        facts.gpu = gpu_of(device);
    }
    table.insert_or_assign(std::string{view(udev_device_get_syspath(device))}, std::move(facts));
}

Result<void> DeviceTable::read_all() {
    Table table;
    const auto add = [&](udev_device* device) { take(device, table); };
    auto scanned = for_each_device(context_, seat_subsystems, add);
    if (scanned && scope_ == Scope::hardware) {
        scanned = for_each_device(context_, other_subsystems, add);
        if (scanned) { // a PC has dozens of the kind: a base is "dock.0" (drivers/acpi/dock.c)
            scanned = for_each_device(context_, platform, add, {.names = "dock.*"});
        }
    }
    if (!scanned) {
        return scanned.error();
    }
    find_companions(table);
    table_ = std::move(table);
    return {};
}

Result<void> DeviceTable::read_below(const std::string& path) {
    table_.erase(path);
    table_.erase(table_.lower_bound(path + "/"), table_.lower_bound(path + "0")); // '0' comes after '/'
    const UdevHandle<udev_device> top{udev_device_new_from_syspath(context_, path.c_str())};
    Result<void> scanned;
    if (top) { // else it has gone
        const auto add = [&](udev_device* device) { take(device, table_); };
        const std::span<const char* const> met =
            scope_ == Scope::nodes ? seat_subsystems : std::span<const char* const>{subsystems};
        scanned = for_each_device(context_, met, add, {.below = top.get()});
    }
    find_companions(table_);
    return scanned;
}

void DeviceTable::find_companions(Table& table) {
    for (auto& [path, facts] : table) {
        if (facts.hardware && facts.hardware->kind == model::DeviceKind::hub) {
            facts.hardware->companion = companion_of_hub(path);
        }
    }
}

SeatNodes DeviceTable::nodes() const {
    SeatNodes nodes;
    std::map<std::string, model::SeatName> seats_of_gpus;
    for (const auto& [path, facts] : table_) {
        if (facts.kind == Facts::Node::card) {
            seats_of_gpus[facts.gpu] = facts.seat;
        }
    }
    for (const auto& [path, facts] : table_) {
        if (facts.kind == Facts::Node::render) { // it has no seat in udev: it has that of the card of the same GPU
            const auto seat = seats_of_gpus.find(facts.gpu);
            nodes[seat == seats_of_gpus.end() ? model::SeatName{"seat0"} : seat->second].push_back(facts.node);
        } else if (facts.kind != Facts::Node::none) {
            nodes[facts.seat].push_back(facts.node);
        }
    }
    for (auto& [seat, list] : nodes) {
        std::sort(list.begin(), list.end());
    }
    return nodes;
}

std::vector<model::Device> DeviceTable::hardware() const {
    std::vector<model::Device> devices;
    for (const auto& [path, facts] : table_) {
        if (facts.hardware && devices.size() < model::most_devices) {
            devices.push_back(*facts.hardware);
        }
    }
    lead_through_tunnel(context_, devices);
    return devices;
}

} // namespace berth::os
