#include "cdi/spec.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace berth::cdi {

using model::DoorItem;
using model::GrantKind;
using nlohmann::json;

namespace {

constexpr const char* version = "0.3.0";

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// A folder of the door has a path of its own in a container, where programs look: "x11/X0" → /tmp/.X11-unix/X0.
std::string target_of(const std::string& item) {
    for (const grants::Binding& binding : grants::bindings()) {
        if (item.starts_with(binding.folder + "/")) {
            return binding.target + item.substr(binding.folder.size());
        }
    }
    return std::string{grants::door_path} + "/" + item;
}

json edits_of(const Device& device) {
    json edits = json::object();
    for (const auto& [name, value] : device.environment) {
        edits["env"].push_back(name + "=" + value);
    }
    for (const std::string& node : device.nodes) {
        edits["deviceNodes"].push_back({{"path", node}, {"permissions", "rw"}});
    }
    for (const Device::Mount& mount : device.mounts) {
        edits["mounts"].push_back({{"hostPath", mount.source},
                                   {"containerPath", mount.target},
                                   {"options", {mount.writable ? "rw" : "ro", "bind", "nosuid", "nodev", "noexec"}}});
    }
    return edits;
}

} // namespace

const std::vector<GrantKind>& published_kinds() {
    static const std::vector<GrantKind> all{GrantKind::display,    GrantKind::gpu,    GrantKind::sound,
                                            GrantKind::pulse,      GrantKind::camera, GrantKind::tmp,
                                            GrantKind::machine_id, GrantKind::kvm,    GrantKind::tun};
    return all;
}

std::vector<DoorItem> items_of(const grants::Offer& offer) {
    const auto is_made_with = [&offer](const DoorItem& item) { // it stands at a path of its own then
        return item.kind == DoorItem::Kind::node ||
               std::any_of(offer.creation.binds.begin(), offer.creation.binds.end(), [&item](const grants::Bind& bind) {
                   return bind.source == (item.path.empty() ? item.root : item.root + "/" + item.path);
               });
    };
    std::vector<DoorItem> items = offer.items;
    std::erase_if(items, is_made_with);
    return items;
}

Device device_of(const std::string& name, const grants::Offer& offer, const std::string& door) {
    Device device{name, {}, {}, offer.creation.devices};
    for (const std::string& node : offer.nodes) {
        if (std::find(device.nodes.begin(), device.nodes.end(), node) == device.nodes.end()) {
            device.nodes.push_back(node);
        }
    }
    for (const grants::Bind& bind : offer.creation.binds) {
        device.mounts.push_back({bind.source, bind.target, bind.writable});
    }
    for (const DoorItem& item : items_of(offer)) {
        const bool is_volume = item.kind == DoorItem::Kind::directory && !offer.creation.volumes.empty();
        device.mounts.push_back({door + "/" + item.name,
                                 is_volume ? offer.creation.volumes.begin()->second : target_of(item.name),
                                 item.writable});
    }
    for (const auto& [variable, value] : offer.environment) {
        if (!variable.starts_with("BERTH_")) {
            device.environment.emplace(variable, value);
        }
    }
    return device;
}

bool can_be_named(const std::string& seat) {
    return !seat.empty() && is_letter(seat.front()) && (is_letter(seat.back()) || is_digit(seat.back())) &&
           std::all_of(seat.begin(), seat.end(),
                       [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.'; });
}

std::string file_name(const std::string& seat) {
    return std::string{vendor} + "-" + seat + ".json";
}

std::string spec_text(const std::string& seat, const std::vector<Device>& devices) {
    json list = json::array();
    for (const Device& device : devices) {
        list.push_back({{"name", device.name}, {"containerEdits", edits_of(device)}});
    }
    const json spec{{"cdiVersion", version}, {"kind", std::string{vendor} + "/" + seat}, {"devices", std::move(list)}};
    return spec.dump(2) + "\n";
}

} // namespace berth::cdi
