#include "effects/container_spec.hpp"

namespace berth::effects {

namespace {

/// The recipe of a desktop on a VT of its own: privileged, with the seat's nodes bound in. `--privileged` alone does
/// not bring them under systemd mode: podman strips /dev/ttyN even with --device, but keeps what is mounted.
void add_vt(ports::ContainerSpec& spec, const model::Seat& seat,
            const std::function<bool(const std::string&)>& exists) {
    const model::DesktopProfile& profile = seat.plan->profile;
    spec.privileged = true;
    const std::string tty = "/dev/tty" + std::to_string(seat.vt->vt);
    spec.mounts.push_back({"/dev/tty0", "/dev/tty0", {}});
    spec.mounts.push_back({tty, tty, {}});
    if (exists("/run/udev")) {
        spec.mounts.push_back({"/run/udev", "/run/udev", {"ro"}});
    }
    for (const model::ProfileDevice& device : profile.devices) {
        if (!device.optional || exists(device.path)) {
            spec.mounts.push_back({device.path, device.path, {}});
        }
    }
    spec.labels[label::vt] = std::to_string(seat.vt->vt);
    spec.labels[label::home_vt] = std::to_string(seat.vt->home);
    spec.labels[label::keyboard_mode] = std::to_string(seat.vt->keyboard_mode);
}

} // namespace

std::string container_name(const model::SeatName& seat) {
    return "berth-" + seat.value;
}

ports::ContainerSpec container_spec(const model::Seat& seat, const std::string& instance,
                                    const std::function<bool(const std::string&)>& exists) {
    const model::DesktopProfile& profile = seat.plan->profile;
    ports::ContainerSpec spec;
    spec.name = container_name(seat.name);
    spec.image = profile.image;
    spec.command = {"/sbin/init"};
    spec.environment = profile.environment;
    spec.hostname = profile.name;
    spec.network = profile.network;
    spec.shareable_ipc = true;
    spec.systemd = true;
    spec.labels = {{label::seat, seat.name.value}, {label::desktop, profile.name}, {label::instance, instance}};
    spec.mounts = {
        {seat.door->door, "/run/berth", {"ro", "rslave"}},
        {seat.door->runtime, "/run/user/" + std::to_string(profile.user.uid), {}},
        {seat.door->machine_id_file, "/etc/machine-id", {"ro"}},
    };
    spec.volumes = {{"berth-" + seat.name.value + "-tmp", "/tmp"}};
    for (const model::ProfileVolume& volume : profile.volumes) {
        spec.mounts.push_back({volume.source, volume.target,
                               volume.readonly ? std::vector<std::string>{"ro"} : std::vector<std::string>{}});
    }
    if (seat.vt) {
        add_vt(spec, seat, exists);
    }
    return spec;
}

std::map<std::string, std::string> session_environment(const model::DesktopProfile& profile) {
    const std::string runtime = "/run/user/" + std::to_string(profile.user.uid);
    return {
        {"XDG_RUNTIME_DIR", runtime},
        {"DBUS_SESSION_BUS_ADDRESS", "unix:path=" + runtime + "/bus"},
        {"HOME", "/home/" + profile.user.name},
        {"USER", profile.user.name},
    };
}

std::string session_user(const model::DesktopProfile& profile) {
    return std::to_string(profile.user.uid) + ":" + std::to_string(profile.user.gid);
}

} // namespace berth::effects
