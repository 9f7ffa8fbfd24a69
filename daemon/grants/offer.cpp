#include "grants/offer.hpp"

#include "grants/kinds.hpp"

#include <algorithm>
#include <utility>

namespace berth::grants {

using model::GrantKind;

namespace {

template <class T>
void add_new(std::vector<T>& list, const std::vector<T>& more) {
    for (const T& value : more) {
        if (std::find(list.begin(), list.end(), value) == list.end()) {
            list.push_back(value);
        }
    }
}

/// One filter has the names of all grants.
void merge(std::optional<model::BusFilter>& all, const model::BusFilter& one) {
    std::vector<std::string> names = all ? all->names : std::vector<std::string>{};
    add_new(names, one.names);
    std::sort(names.begin(), names.end());
    all = one;
    all->names = std::move(names);
}

void merge(Offer& all, const Offer& one) {
    add_new(all.items, one.items);
    add_new(all.nodes, one.nodes);
    add_new(all.ports, one.ports);
    add_new(all.creation.devices, one.creation.devices);
    add_new(all.creation.binds, one.creation.binds);
    all.environment.insert(one.environment.begin(), one.environment.end());
    all.creation.volumes.insert(one.creation.volumes.begin(), one.creation.volumes.end());
    all.creation.links.insert(one.creation.links.begin(), one.creation.links.end());
    all.creation.host |= one.creation.host;
    if (one.bus) {
        merge(all.bus, *one.bus);
    }
    if (!one.creation.ipc_of.empty()) {
        all.creation.ipc_of = one.creation.ipc_of;
    }
}

/// 'it'\''s': what a POSIX shell reads as it stands.
std::string in_quotes(const std::string& value) {
    std::string quoted{"'"};
    for (const char letter : value) {
        quoted.append(letter == '\'' ? std::string{"'\\''"} : std::string{letter});
    }
    return quoted.append("'");
}

} // namespace

Result<Offer> offer(const model::Grant& grant, const Surroundings& from) {
    switch (grant.kind) {
    case GrantKind::gpu:
        return gpu(from);
    case GrantKind::sound:
        return sound(grant, from);
    case GrantKind::tmp:
        return tmp(from);
    case GrantKind::shm:
        return shm(from);
    case GrantKind::ipc:
        return ipc(from);
    case GrantKind::machine_id:
        return machine_id(from);
    case GrantKind::pulse:
        return pulse(from);
    case GrantKind::display:
        return display(grant, from);
    case GrantKind::input:
        return input(from);
    case GrantKind::camera:
        return camera(from);
    case GrantKind::usb:
        return usb(grant, from);
    case GrantKind::kvm:
        return kvm(from);
    case GrantKind::tun:
        return tun(from);
    case GrantKind::session_bus:
        return session_bus(grant, from);
    case GrantKind::host:
        return host();
    }
    return lacking(model::text_of(grant), "it is not known");
}

Result<Offer> offer_all(const std::vector<model::Grant>& grants, const Surroundings& from) {
    Offer all;
    for (const model::Grant& grant : grants) {
        const auto one = offer(grant, from);
        if (!one) {
            return one;
        }
        merge(all, *one);
    }
    return all;
}

const std::vector<Binding>& bindings() {
    static const std::vector<Binding> all{
        {"dri", "/dev/dri"},     {"input", "/dev/input"},   {"snd", "/dev/snd"},
        {"usb", "/dev/bus/usb"}, {"x11", "/tmp/.X11-unix"}, {"udev", "/run/udev"},
    };
    return all;
}

std::string environment_text(const std::map<std::string, std::string>& environment) {
    std::string text;
    for (const auto& [name, value] : environment) {
        text.append(name).append("=").append(in_quotes(value)).append("\n");
    }
    return text;
}

Error lacking(const std::string& grant, const std::string& what) {
    return Error{ErrorCode::failed, "Grant '" + grant + "': " + what};
}

Result<std::string> runtime_of(const std::string& grant, const Surroundings& from) {
    if (!from.seat.door || from.seat.door->runtime.empty()) {
        return lacking(grant, "seat " + from.seat.name.value + " has no desktop");
    }
    return from.seat.door->runtime;
}

void add_record(Offer& offer, const std::string& node, const model::SeatShares& shares) {
    const auto facts = shares.nodes.find(node);
    if (facts == shares.nodes.end() || !facts->second.record) {
        return;
    }
    model::DoorItem item{std::string{udev_records} + "/" + facts->second.device, model::DoorItem::Kind::text, {}, {}};
    item.content = *facts->second.record;
    offer.items.push_back(std::move(item));
}

Result<Offer> node_of_the_host(const std::string& kind, const std::string& node, const std::string& variable,
                               const model::SeatShares& shares) {
    const std::string path = "/dev/" + node;
    if (!shares.nodes.contains(path)) {
        return lacking(kind, "this host has no " + path);
    }
    Offer result;
    result.items.push_back({kind, model::DoorItem::Kind::node, "/dev", node});
    result.nodes = result.creation.devices = {path};
    result.environment[variable] = std::string{door_path} + "/" + kind;
    add_record(result, path, shares);
    return result;
}

Offer nodes_in(const std::string& folder, const std::string& prefix, const std::vector<std::string>& nodes,
               const model::SeatShares& shares) {
    Offer result;
    for (const std::string& node : nodes) {
        result.items.push_back({folder + "/" + node.substr(prefix.size()), model::DoorItem::Kind::node, "/dev",
                                node.substr(std::string{"/dev/"}.size())});
        result.nodes.push_back(node);
        add_record(result, node, shares);
    }
    return result;
}

} // namespace berth::grants
