#include "engine/answers.hpp"
#include "engine/dialect.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace berth::engine {
namespace {

using nlohmann::json;

bool is_propagation(std::string_view option) {
    constexpr std::array<std::string_view, 6> known{"private", "rprivate", "shared", "rshared", "slave", "rslave"};
    return std::ranges::find(known, option) != known.end();
}

/// One entry of HostConfig.Mounts. Unlike HostConfig.Binds it is refused, not made, when the source is not there.
Result<json> bind_mount(const ports::BindMount& mount) {
    json entry{{"Type", "bind"}, {"Source", mount.source}, {"Target", mount.target}, {"ReadOnly", false}};
    for (const std::string& option : mount.options) {
        if (option == "ro" || option == "rw") {
            entry["ReadOnly"] = option == "ro";
        } else if (is_propagation(option)) {
            entry["BindOptions"]["Propagation"] = option;
        } else if (option != "rbind") { // it is what Docker does anyway
            return Error{ErrorCode::invalid_argument,
                         "Docker has no word for the mount option \"" + option + "\" of " + mount.target};
        }
    }
    return Result<json>{boost::system::in_place_value, std::move(entry)};
}

Result<json> mounts_of(const ports::ContainerSpec& spec) {
    json mounts = json::array();
    for (const ports::BindMount& mount : spec.mounts) {
        auto entry = bind_mount(mount);
        if (!entry) {
            return entry.error();
        }
        mounts.push_back(std::move(*entry));
    }
    for (const ports::VolumeMount& volume : spec.volumes) {
        mounts.push_back({{"Type", "volume"}, {"Source", volume.name}, {"Target", volume.target}});
    }
    return Result<json>{boost::system::in_place_value, std::move(mounts)};
}

void put_namespaces(const ports::ContainerSpec& spec, json& config) {
    if (spec.shareable_ipc) {
        config["IpcMode"] = "shareable";
    }
    if (!spec.ipc_of.empty()) {
        config["IpcMode"] = "container:" + spec.ipc_of;
    }
    if (spec.host_namespaces) {
        config["PidMode"] = "host";
        config["IpcMode"] = "host";
        config["UTSMode"] = "host";
    }
}

void put_capabilities(const ports::ContainerSpec& spec, json& config) {
    if (!spec.capabilities.empty()) {
        config["CapDrop"] = {"ALL"};
        config["CapAdd"] = spec.capabilities;
    } else if (!spec.added_capabilities.empty()) {
        config["CapAdd"] = spec.added_capabilities;
    }
}

void put_limits(const ports::ContainerSpec& spec, json& config) {
    if (spec.memory_bytes != 0) {
        config["Memory"] = spec.memory_bytes;
    }
    if (spec.pids != 0) {
        config["PidsLimit"] = spec.pids;
    }
    if (spec.cpu_percent != 0) {
        config["CpuPeriod"] = cpu_period_us;
        config["CpuQuota"] = cpu_quota_us(spec.cpu_percent);
    }
    if (!spec.device_rules.empty()) {
        config["DeviceCgroupRules"] = spec.device_rules;
    }
    for (const std::uint32_t group : spec.groups) {
        config["GroupAdd"].push_back(std::to_string(group));
    }
    if (spec.init) {
        config["Init"] = true;
    }
}

json host_config(const ports::ContainerSpec& spec, json mounts) {
    json devices = json::array();
    for (const std::string& device : spec.devices) {
        devices.push_back({{"PathOnHost", device}, {"PathInContainer", device}, {"CgroupPermissions", "rwm"}});
    }
    json config{{"Mounts", std::move(mounts)},
                {"Devices", std::move(devices)},
                {"Privileged", spec.privileged},
                {"NetworkMode", spec.network}};
    if (!spec.cdi_devices.empty()) { // Docker 25 and later, where its configuration has them on
        config["DeviceRequests"] = {{{"Driver", "cdi"}, {"DeviceIDs", spec.cdi_devices}}};
    }
    put_namespaces(spec, config);
    put_capabilities(spec, config);
    put_limits(spec, config);
    if (spec.systemd) {
        // What systemd asks of a container manager, systemd.io/CONTAINER_INTERFACE: /run is a fresh tmpfs.
        config["Tmpfs"] = {{"/run", "exec,mode=755"}, {"/run/lock", ""}};
        config["CgroupnsMode"] = "private"; // a dockerd on cgroup v1 ignores it
    }
    return config;
}

json environment_of(const ports::ContainerSpec& spec) {
    json environment = json::array();
    for (const auto& [key, value] : spec.environment) {
        environment.push_back(key + "=" + value);
    }
    if (spec.systemd && !spec.environment.contains("container")) {
        environment.push_back("container=docker"); // by it systemd knows that it is in one, same page
    }
    return environment;
}

} // namespace

std::string DockerDialect::prefix() const {
    return "/v1.41"; // the first whose CgroupnsMode is heard
}

Result<HttpRequest> DockerDialect::create(const ports::ContainerSpec& spec) const {
    if (const auto sound = check_spec(spec); !sound) {
        return sound.error();
    }
    auto mounts = mounts_of(spec);
    if (!mounts) {
        return mounts.error();
    }
    json body{{"Image", spec.image},
              {"Env", environment_of(spec)},
              {"Labels", spec.labels},
              {"HostConfig", host_config(spec, std::move(*mounts))}};
    if (spec.terminal) {
        body["Tty"] = true;
    }
    if (spec.open_stdin) {
        body["OpenStdin"] = true;
        body["StdinOnce"] = true;
    }
    if (!spec.working_directory.empty()) {
        body["WorkingDir"] = spec.working_directory;
    }
    if (!spec.command.empty()) {
        body["Cmd"] = spec.command;
    }
    if (!spec.hostname.empty()) {
        body["Hostname"] = spec.hostname;
    }
    if (!spec.user.empty()) {
        body["User"] = spec.user;
    }
    if (spec.systemd) {
        body["StopSignal"] = "SIGRTMIN+3"; // systemd(1): "Halts the machine"
    }
    HttpRequest request;
    request.method = "POST";
    request.target = prefix() + "/containers/create?name=" + percent_encode(spec.name);
    request.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
    return request;
}

std::string DockerDialect::stop_query(std::chrono::seconds grace) const {
    return "t=" + std::to_string(grace.count());
}

std::string DockerDialect::wait_query() const {
    return "condition=not-running";
}

std::string DockerDialect::remove_query() const {
    return "force=true&v=true";
}

std::string DockerDialect::detach_keys() const {
    return "ctrl-^,ctrl-_,ctrl-^,ctrl-@,ctrl-_"; // none at all would mean its default, ctrl-p ctrl-q
}

bool DockerDialect::frames_logs(bool terminal) const {
    return !terminal;
}

Result<ports::EngineFacts> DockerDialect::facts(std::string_view body) const {
    auto facts = read_docker_facts(body);
    if (facts) {
        facts->api = "1.41";
    }
    return facts;
}

} // namespace berth::engine
