#include "effects/client_spec.hpp"

#include <algorithm>

namespace berth::effects {

namespace {

/// The container's own paths where programs look for what is granted, bound to folders of the door: empty until then.
/// A super-privileged one has the host's /dev, and the host's udev in /host/run/udev; one that shares the desktop's
/// /tmp has its X11 sockets there, and a place to mount on would have to be made in the desktop's own folder.
void add_bindings(ports::ContainerSpec& spec, const std::string& door, const grants::Creation& creation) {
    const auto shares_tmp = [](const auto& volume) { return volume.second == "/tmp"; };
    const bool has_tmp = std::any_of(creation.volumes.begin(), creation.volumes.end(), shares_tmp);
    for (const grants::Binding& binding : grants::bindings()) {
        const bool of_dev = binding.target.starts_with("/dev/");
        const bool of_host = of_dev || binding.target == "/run/udev";
        if ((of_host && creation.host) || (has_tmp && binding.target.starts_with("/tmp/"))) {
            continue;
        }
        std::vector<std::string> options{"ro", "rslave"};
        if (of_dev) {
            options.emplace_back("dev");
        }
        spec.mounts.push_back({door + "/" + binding.folder, binding.target, std::move(options)});
    }
}

/// What is in the door, and not at the node's own path, may be opened by a rule of the device controller. A group lets
/// in who is not root; root's own is given to nobody: too much in an image is its.
void add_nodes(ports::ContainerSpec& spec, const std::vector<std::string>& nodes, const model::SeatShares& shares) {
    for (const std::string& node : nodes) {
        const auto facts = shares.nodes.find(node);
        if (facts == shares.nodes.end()) {
            continue;
        }
        if (std::find(spec.devices.begin(), spec.devices.end(), node) == spec.devices.end()) {
            spec.device_rules.push_back(device_rule(facts->second));
        }
        const std::uint32_t group = facts->second.group;
        if (group != 0 && std::find(spec.groups.begin(), spec.groups.end(), group) == spec.groups.end()) {
            spec.groups.push_back(group);
        }
    }
}

/// Everything of the host's: mounts of the host that come later are seen, too. Of IPC namespaces it has the host's.
void add_host(ports::ContainerSpec& spec) {
    spec.privileged = spec.host_namespaces = true;
    spec.ipc_of.clear();
    spec.network = "host";
    spec.mounts.push_back({"/", "/host", {"rw", "rslave"}});
}

void add_profile(ports::ContainerSpec& spec, const model::ClientPlan& plan) {
    const model::AppProfile& app = plan.app;
    spec.image = app.image;
    spec.command = plan.command;
    spec.environment = app.environment;
    spec.user = app.user;
    spec.working_directory = app.working_directory;
    spec.network = app.network;
    spec.added_capabilities = app.capabilities;
    spec.cdi_devices = app.cdi;
    spec.memory_bytes = app.limits.memory_mib * 1024 * 1024;
    spec.pids = app.limits.pids;
    spec.cpu_percent = app.limits.cpu_percent;
    spec.open_stdin = plan.streamed;
    spec.terminal = plan.terminal;
    for (const model::ProfileVolume& volume : app.volumes) {
        spec.mounts.push_back({volume.source, volume.target,
                               volume.readonly ? std::vector<std::string>{"ro"} : std::vector<std::string>{}});
    }
}

} // namespace

std::string device_rule(const model::NodeFacts& node) {
    return "c " + std::to_string(node.major) + ":" + std::to_string(node.minor) + " rw";
}

ports::ContainerSpec client_spec(const model::Client& client, const grants::Offer& offer,
                                 const grants::Surroundings& from, const std::string& instance) {
    ports::ContainerSpec spec;
    spec.name = model::container_name(client.id);
    add_profile(spec, client.plan);
    spec.environment.insert(offer.environment.begin(), offer.environment.end()); // the profile's word wins
    spec.labels = {{label::client, client.id.value}, {label::app, client.plan.app.name}, {label::instance, instance}};
    spec.mounts.insert(spec.mounts.begin(), {client.door->door, grants::door_path, {"ro", "rslave"}});
    spec.ipc_of = offer.creation.ipc_of;
    for (const auto& [volume, target] : offer.creation.volumes) {
        spec.volumes.push_back({volume, target});
    }
    add_bindings(spec, client.door->door, offer.creation);
    for (const grants::Bind& bind : offer.creation.binds) {
        spec.mounts.push_back(
            {bind.source, bind.target, bind.writable ? std::vector<std::string>{} : std::vector<std::string>{"ro"}});
    }
    if (offer.creation.host) {
        add_host(spec);
    } else {
        spec.devices = offer.creation.devices;
        add_nodes(spec, offer.nodes, from.shares);
    }
    return spec;
}

std::map<std::string, std::string> client_links(const model::Client& client, const grants::Offer& offer) {
    std::map<std::string, std::string> links = client.plan.app.links;
    links.insert(offer.creation.links.begin(), offer.creation.links.end());
    return links;
}

std::map<std::string, model::GrantParts> parts_of(const std::vector<model::Grant>& grants,
                                                  const grants::Surroundings& from) {
    std::map<std::string, model::GrantParts> parts;
    for (const model::Grant& grant : grants) {
        if (const auto offer = grants::offer(grant, from)) {
            model::GrantParts& own = parts[model::text_of(grant)];
            for (const model::DoorItem& item : offer->items) {
                own.items.push_back(item.name);
            }
            own.environment = offer->environment;
            own.nodes = offer->nodes;
            for (const model::LoopbackPort& port : offer->ports) {
                own.ports.push_back(port.port);
            }
        }
    }
    return parts;
}

std::vector<std::string> door_folders() {
    std::vector<std::string> folders;
    for (const grants::Binding& binding : grants::bindings()) {
        folders.push_back(binding.folder);
    }
    folders.emplace_back(grants::udev_records);
    return folders;
}

} // namespace berth::effects
