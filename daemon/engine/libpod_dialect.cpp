#include "engine/answers.hpp"
#include "engine/dialect.hpp"

#include <nlohmann/json.hpp>

namespace berth::engine {
namespace {

using nlohmann::json;

/// specgen.Namespace of podman's pkg/specgen/namespaces.go.
json network_namespace(const std::string& network) {
    if (network == "none" || network == "host" || network == "bridge") {
        return json{{"nsmode", network}};
    }
    return json{{"nsmode", "bridge"}};
}

json bind_mounts(const ports::ContainerSpec& spec) {
    json mounts = json::array();
    for (const ports::BindMount& mount : spec.mounts) {
        json options = json::array({"rbind"});
        for (const std::string& option : mount.options) {
            options.push_back(option);
        }
        mounts.push_back({{"type", "bind"},
                          {"source", mount.source},
                          {"destination", mount.target},
                          {"options", std::move(options)}});
    }
    return mounts;
}

json volumes_of(const ports::ContainerSpec& spec) {
    json volumes = json::array();
    for (const ports::VolumeMount& volume : spec.volumes) {
        volumes.push_back({{"Name", volume.name}, {"Dest", volume.target}});
    }
    return volumes;
}

json devices_of(const ports::ContainerSpec& spec) {
    json devices = json::array();
    for (const std::string& device : spec.devices) {
        devices.push_back({{"path", device}});
    }
    for (const std::string& device : spec.cdi_devices) { // podman tells them from nodes by their form
        devices.push_back({{"path", device}});
    }
    return devices;
}

/// specs-go's LinuxDeviceCgroup: a number that is not there means all.
json device_rules_of(const ports::ContainerSpec& spec) {
    json rules = json::array();
    for (const std::string& line : spec.device_rules) {
        const auto rule = read_device_rule(line);
        json entry{{"allow", true}, {"type", std::string{rule->type}}, {"access", rule->access}};
        if (rule->major) {
            entry["major"] = *rule->major;
        }
        if (rule->minor) {
            entry["minor"] = *rule->minor;
        }
        rules.push_back(std::move(entry));
    }
    return rules;
}

void add_namespaces(const ports::ContainerSpec& spec, json& body) {
    if (spec.shareable_ipc) {
        body["ipcns"] = {{"nsmode", "shareable"}};
    }
    if (!spec.ipc_of.empty()) {
        body["ipcns"] = {{"nsmode", "container"}, {"value", spec.ipc_of}};
    }
    if (spec.host_namespaces) {
        for (const char* name : {"pidns", "ipcns", "utsns"}) {
            body[name] = {{"nsmode", "host"}};
        }
    }
}

void add_capabilities(const ports::ContainerSpec& spec, json& body) {
    if (!spec.capabilities.empty()) {
        body["cap_drop"] = {"ALL"};
        body["cap_add"] = spec.capabilities;
    } else if (!spec.added_capabilities.empty()) {
        body["cap_add"] = spec.added_capabilities;
    }
}

/// specs-go's LinuxResources.
void add_limits(const ports::ContainerSpec& spec, json& body) {
    if (spec.memory_bytes != 0) {
        body["resource_limits"]["memory"]["limit"] = spec.memory_bytes;
    }
    if (spec.pids != 0) {
        body["resource_limits"]["pids"]["limit"] = spec.pids;
    }
    if (spec.cpu_percent != 0) {
        body["resource_limits"]["cpu"] = {{"quota", cpu_quota_us(spec.cpu_percent)}, {"period", cpu_period_us}};
    }
    if (!spec.device_rules.empty()) {
        body["device_cgroup_rule"] = device_rules_of(spec);
    }
}

/// specgen.SpecGenerator of podman's pkg/specgen/specgen.go.
json spec_generator(const ports::ContainerSpec& spec) {
    json body{{"name", spec.name},
              {"image", spec.image},
              {"env", spec.environment},
              {"labels", spec.labels},
              {"mounts", bind_mounts(spec)},
              {"volumes", volumes_of(spec)},
              {"devices", devices_of(spec)},
              {"privileged", spec.privileged},
              {"netns", network_namespace(spec.network)},
              {"systemd", spec.systemd ? "always" : "false"}};
    for (const auto& [key, wanted] :
         {std::pair{"terminal", spec.terminal}, std::pair{"stdin", spec.open_stdin}, std::pair{"init", spec.init}}) {
        if (wanted) {
            body[key] = true;
        }
    }
    add_namespaces(spec, body);
    add_capabilities(spec, body);
    add_limits(spec, body);
    for (const std::uint32_t group : spec.groups) {
        body["groups"].push_back(std::to_string(group));
    }
    if (!spec.working_directory.empty()) {
        body["work_dir"] = spec.working_directory;
    }
    if (!spec.command.empty()) {
        body["command"] = spec.command;
    }
    if (!spec.hostname.empty()) {
        body["hostname"] = spec.hostname;
    }
    if (!spec.user.empty()) {
        body["user"] = spec.user;
    }
    if (body["netns"]["nsmode"] == "bridge" && spec.network != "bridge") {
        body["Networks"][spec.network] = json::object();
    }
    if (spec.systemd) {
        body["stop_signal"] = 37; // SIGRTMIN+3, systemd(1): "Halts the machine"
    }
    return body;
}

} // namespace

std::string LibpodDialect::prefix() const {
    return "/v4.0.0/libpod";
}

Result<HttpRequest> LibpodDialect::create(const ports::ContainerSpec& spec) const {
    if (const auto sound = check_spec(spec); !sound) {
        return sound.error();
    }
    HttpRequest request;
    request.method = "POST";
    request.target = prefix() + "/containers/create";
    request.body = spec_generator(spec).dump(-1, ' ', false, json::error_handler_t::replace);
    return request;
}

std::string LibpodDialect::stop_query(std::chrono::seconds grace) const {
    return "timeout=" + std::to_string(grace.count());
}

std::string LibpodDialect::wait_query() const {
    // podman looks every so often, a quarter of a second if not told: nobody waits before the container has ended, so
    // this is all the time that it takes (podman-wait(1), --interval).
    return "condition=stopped&condition=exited&interval=10ms";
}

std::string LibpodDialect::remove_query() const {
    return "force=true&v=true&timeout=0";
}

std::string LibpodDialect::detach_keys() const {
    return ""; // "very different from unset" (podman's pkg/api/handlers/compat/containers_attach.go)
}

bool LibpodDialect::frames_logs(bool /*terminal*/) const {
    return true; // always, unlike Docker (podman's pkg/api/handlers/compat/containers_logs.go)
}

Result<ports::EngineFacts> LibpodDialect::facts(std::string_view body) const {
    return read_libpod_facts(body);
}

} // namespace berth::engine
