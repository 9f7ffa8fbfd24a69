#include "effects/container_spec.hpp"

#include "grants/offer.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>

namespace berth::effects {

namespace {

void add_if_there(ports::ContainerSpec& spec, const std::string& path, std::vector<std::string> options,
                  const HostFiles& host) {
    if (host.exists(path)) {
        spec.mounts.push_back({path, path, std::move(options)});
    }
}

/// The recipe of a desktop on a VT of its own: privileged, with the seat's nodes bound in. `--privileged` alone does
/// not bring them under systemd mode: podman strips /dev/ttyN even with --device, but keeps what is mounted.
void add_vt(ports::ContainerSpec& spec, const model::Seat& seat, const HostFiles& host) {
    const model::DesktopProfile& profile = seat.plan->profile;
    spec.privileged = true;
    const std::string tty = "/dev/tty" + std::to_string(seat.vt->vt);
    spec.mounts.push_back({"/dev/tty0", "/dev/tty0", {}});
    spec.mounts.push_back({tty, tty, {}});
    add_if_there(spec, "/run/udev", {"ro"}, host);
    for (const model::ProfileDevice& device : profile.devices) {
        if (!device.optional || host.exists(device.path)) {
            spec.mounts.push_back({device.path, device.path, {}});
        }
    }
}

/// All that an unprivileged desktop has (capabilities(7)); each was taken away in turn. An engine's default has more:
/// raw sockets and low ports, which on the host's network would be the host's, nodes made by hand, and records of the
/// audit log.
constexpr std::array desktop_capabilities{
    "CAP_CHOWN",        // tmpfiles and the user's home, made as root
    "CAP_DAC_OVERRIDE", // root in there installs packages: apt's folders are another user's
    "CAP_FOWNER",       // tmpfiles sets modes of what is not root's
    "CAP_FSETID",       // packages with setgid programs
    "CAP_KILL",         // PID 1 ends processes of the user where cgroups cannot (cgroup v1)
    "CAP_SETFCAP",      // upower's unit has a user namespace with root in it
    "CAP_SETGID",       // services and the session start as others than root
    "CAP_SETPCAP",      // PID 1 gives its services fewer capabilities than it has
    "CAP_SETUID",       // as CAP_SETGID
    "CAP_SYS_CHROOT",   // upower's unit has a root of its own
};

/// What a profile names by its folder is given to a seat as far as it is that seat's.
void add_own_nodes(ports::ContainerSpec& spec, const model::Seat& seat, const std::string& prefix) {
    const std::vector<std::string> nodes = own_nodes(seat, prefix);
    spec.devices.insert(spec.devices.end(), nodes.begin(), nodes.end());
}

/// The numbers of cards and input devices are read off their nodes before logind is asked to open them, so the nodes
/// are to be seen, other seats' too: which are its own the desktop reads in udev's database, and logind opens no other
/// for it. No device rule: opening one is EPERM even for the container's root (cgroup device controller).
void add_visible_devices(ports::ContainerSpec& spec, const std::string& folder, const HostFiles& host) {
    add_if_there(spec, folder, {"ro", folder == "/dev/input" ? "nodev" : "dev"}, host);
}

/// On the host's own seat: logind on the host opens the devices, the bridge hands their descriptors in by the desktop's
/// own system bus. Nothing privileged.
void add_logind(ports::ContainerSpec& spec, const model::Seat& seat, const HostFiles& host) {
    spec.command.emplace_back("systemd.mask=systemd-logind.service");
    spec.mounts.push_back({seat.door->system_bus, "/run/dbus", {}});
    // libsystemd's sd-login reads these; berth-seat keeps copies there that have the desktop's own session only.
    for (const char* kind : {"sessions", "seats", "users"}) {
        spec.mounts.push_back(
            {model::login_files(*seat.door) + "/" + kind, std::string{"/run/systemd/"} + kind, {"ro"}});
    }
    add_if_there(spec, "/run/udev", {"ro"}, host); // udev's database has the seat's tags
    for (const model::ProfileDevice& device : seat.plan->profile.devices) {
        if (device.path == "/dev/dri" || device.path == "/dev/input") {
            add_visible_devices(spec, device.path, host);
            add_own_nodes(spec, seat, device.path + "/renderD"); // draws, shows nothing: no card (drm(7))
        } else if (device.path == "/dev/snd") {
            spec.mounts.push_back({model::sound_nodes(*seat.door), device.path, {"ro", "dev"}}); // and what comes later
            add_own_nodes(spec, seat, "/dev/snd/");
        } else if (!device.optional || host.exists(device.path)) {
            spec.devices.push_back(device.path);
        }
    }
}

/// "auto" is a network of its own. In mode vt it is the host's: the X server listens for udev's events by itself, which
/// reach no other (in mode logind berth-seat carries them), and a privileged container has nothing to lose by it.
std::string network_of(const model::DesktopProfile& profile, model::SeatMode mode) {
    if (profile.network != "auto") {
        return profile.network;
    }
    return mode == model::SeatMode::vt ? "host" : "bridge";
}

void add_vt_labels(ports::ContainerSpec& spec, const model::VtClaim& vt) {
    spec.labels[label::vt] = std::to_string(vt.vt);
    spec.labels[label::home_vt] = std::to_string(vt.home);
    spec.labels[label::keyboard_mode] = std::to_string(vt.keyboard_mode);
}

} // namespace

std::string container_name(const model::SeatName& seat) {
    return "berth-" + seat.value;
}

std::vector<std::string> own_nodes(const model::Seat& seat, const std::string& prefix) {
    std::vector<std::string> nodes;
    std::copy_if(seat.devices.begin(), seat.devices.end(), std::back_inserter(nodes),
                 [&](const std::string& node) { return node.starts_with(prefix); });
    return nodes;
}

HostFiles host_files() {
    return {[](const std::string& path) {
        std::error_code ignored;
        return std::filesystem::exists(path, ignored);
    }};
}

ports::ContainerSpec container_spec(const model::Seat& seat, const std::string& instance, const HostFiles& host) {
    const model::DesktopProfile& profile = seat.plan->profile;
    ports::ContainerSpec spec;
    spec.name = container_name(seat.name);
    spec.image = profile.image;
    spec.command = {"/sbin/init"};
    spec.environment = profile.environment;
    spec.hostname = profile.name;
    spec.network = network_of(profile, seat.plan->mode);
    spec.network_later = seat.lease.has_value() && spec.network != "none" && spec.network != "host";
    spec.shareable_ipc = true;
    spec.systemd = true;
    spec.labels = {{label::seat, seat.name.value}, {label::desktop, profile.name}, {label::instance, instance}};
    spec.mounts = {
        {seat.door->door, grants::door_path, {"ro", "rslave"}},
        {seat.door->runtime, "/run/user/" + std::to_string(profile.user.uid), {}},
        {seat.door->machine_id_file, "/etc/machine-id", {"ro"}},
    };
    spec.volumes = {{model::tmp_volume(seat.name), "/tmp"}};
    spec.cdi_devices = profile.cdi;
    for (const model::ProfileVolume& volume : profile.volumes) {
        spec.mounts.push_back({volume.source, volume.target,
                               volume.readonly ? std::vector<std::string>{"ro"} : std::vector<std::string>{}});
    }
    if (seat.plan->mode != model::SeatMode::vt) {
        spec.capabilities.assign(desktop_capabilities.begin(), desktop_capabilities.end());
    }
    if (seat.lease) {
        add_logind(spec, seat, host);
    } else if (seat.vt) {
        add_vt(spec, seat, host);
    }
    if (seat.vt) {
        add_vt_labels(spec, *seat.vt);
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
