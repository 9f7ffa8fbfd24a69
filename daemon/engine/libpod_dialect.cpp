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
    return devices;
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
    if (!spec.capabilities.empty()) {
        body["cap_drop"] = {"ALL"};
        body["cap_add"] = spec.capabilities;
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
    if (spec.shareable_ipc) {
        body["ipcns"] = {{"nsmode", "shareable"}};
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
    return "condition=stopped&condition=exited";
}

std::string LibpodDialect::remove_query() const {
    return "force=true&v=true&timeout=0";
}

Result<ports::EngineFacts> LibpodDialect::facts(std::string_view body) const {
    return read_libpod_facts(body);
}

} // namespace berth::engine
