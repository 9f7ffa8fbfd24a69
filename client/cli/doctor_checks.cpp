#include "cli/doctor_checks.hpp"

#include "version.hpp"

#include <nlohmann/json.hpp>

#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <memory>
#include <sstream>

namespace berth::cli {

namespace {

namespace fs = std::filesystem;

bool exists(const Host& host, const std::string& path) {
    std::error_code ignored;
    return fs::exists(host.root + path, ignored);
}

bool on_path(const Host& host, const std::string& program) {
    std::istringstream folders{host.path};
    std::string folder;
    while (std::getline(folders, folder, ':')) {
        if (exists(host, folder + "/" + program)) {
            return true;
        }
    }
    return false;
}

std::vector<std::string> entries(const Host& host, const std::string& folder, const std::string& prefix) {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator{host.root + folder, ignored}) {
        const std::string name = entry.path().filename();
        if (name.rfind(prefix, 0) == 0) {
            names.push_back(name);
        }
    }
    return names;
}

bool has_unit(const Host& host, const std::string& name) {
    constexpr std::array folders{"/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
                                 "/lib/systemd/system"};
    return std::any_of(folders.begin(), folders.end(),
                       [&](const char* folder) { return exists(host, std::string{folder} + "/" + name); });
}

Check good(std::string name, std::string found) {
    return Check{std::move(name), Health::ok, std::move(found), {}};
}

/// Doors are made of open_tree(2), mount_setattr(2) and openat2(2), the last of which came with 5.12.
Check client_doors(const Host& host) {
    std::ifstream file{host.root + "/proc/sys/kernel/osrelease"};
    int major = 0;
    int minor = 0;
    char dot = '\0';
    if (!(file >> major >> dot >> minor) || dot != '.') {
        return {"clients", Health::warning, "the kernel does not say its version",
                "apps in containers need Linux 5.12"};
    }
    const std::string version = "Linux " + std::to_string(major) + "." + std::to_string(minor);
    if (major < 5 || (major == 5 && minor < 12)) {
        return {"clients", Health::warning, version, "'berth run' and 'berth attach' need 5.12: a newer kernel"};
    }
    return good("clients", version);
}

Check bus_filter(const Host& host) {
    return on_path(host, "xdg-dbus-proxy")
               ? good("bus-filter", "xdg-dbus-proxy")
               : Check{"bus-filter", Health::warning, "no xdg-dbus-proxy",
                       "apps cannot be given names of the session bus (grant session-bus): apt install xdg-dbus-proxy"};
}

Check engine(const Host& host) {
    for (const char* program : {"podman", "docker"}) {
        if (on_path(host, program)) {
            const std::string version = host.run({program, "--version"});
            if (!version.empty()) {
                return good("engine", version);
            }
        }
    }
    return {"engine", Health::missing, "neither podman nor docker", "apt install podman"};
}

Check runtime(const Host& host, bool hybrid) {
    const bool runc = on_path(host, "runc");
    const bool crun = on_path(host, "crun");
    const std::string found = std::string{runc ? "runc " : ""} + (crun ? "crun" : "");
    if (!runc && !crun) {
        return {"oci-runtime", Health::missing, "neither crun nor runc", "apt install crun"};
    }
    if (hybrid && !runc) {
        return {"oci-runtime", Health::warning, found, "crun refuses some hybrid cgroups: apt install runc"};
    }
    return good("oci-runtime", found);
}

bool is_cgroup2(const std::string& path) {
    struct statfs status {};

    return ::statfs(path.c_str(), &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC;
}

Check cgroups(const Host& host, bool& hybrid) {
    if (is_cgroup2(host.root + "/sys/fs/cgroup")) {
        return good("cgroups", "v2");
    }
    hybrid = is_cgroup2(host.root + "/sys/fs/cgroup/unified");
    if (hybrid || exists(host, "/sys/fs/cgroup/devices")) {
        return good("cgroups", hybrid ? "hybrid" : "v1");
    }
    return {"cgroups", Health::missing, "not mounted", "mount cgroup2 on /sys/fs/cgroup"};
}

/// podman's helper, or the plugin of its older backend; Docker brings its own.
bool can_make_bridges(const Host& host) {
    constexpr std::array places{"/usr/lib/podman/netavark",
                                "/usr/libexec/podman/netavark",
                                "/usr/local/lib/podman/netavark",
                                "/usr/local/libexec/podman/netavark",
                                "/usr/lib/cni/bridge",
                                "/opt/cni/bin/bridge",
                                "/usr/libexec/cni/bridge",
                                "/usr/local/libexec/cni/bridge"};
    return !on_path(host, "podman") ||
           std::any_of(places.begin(), places.end(), [&](const char* path) { return exists(host, path); });
}

/// Whoever asks may have no sbin on his PATH; the engine, which is root's, has.
bool has_system_program(const Host& host, const std::string& program) {
    return on_path(host, program) || exists(host, "/usr/sbin/" + program) || exists(host, "/sbin/" + program);
}

/// Built in or loaded, or there to be loaded.
bool has_nat(const Host& host) {
    const std::string folder = "/lib/modules/" + host.run({"uname", "-r"}) + "/kernel/net/netfilter";
    return exists(host, "/proc/sys/net/netfilter") || !entries(host, folder, "nf_nat.ko").empty();
}

/// What a desktop's own network needs, with NAT for its way out (profile key "network": "auto" or "bridge").
Check network(const Host& host) {
    const auto lacks = [](std::string what, const std::string& hint) {
        return Check{"network", Health::missing, std::move(what),
                     "a desktop gets no network of its own: " + hint +
                         R"(, or set "network": "host" (or "none") in its profile)"};
    };
    if (!can_make_bridges(host)) {
        return lacks("podman without netavark", "apt install netavark");
    }
    if (!has_system_program(host, "iptables") && !has_system_program(host, "nft")) {
        return lacks("neither iptables nor nft", "apt install iptables nftables");
    }
    if (!has_nat(host)) {
        return lacks("the kernel has no NAT", "run a kernel with CONFIG_NF_NAT");
    }
    return good("network", "a bridge with NAT can be made");
}

Check screen(const Host& host) {
    const auto cards = entries(host, "/dev/dri", "card");
    if (cards.empty()) {
        return {"drm", Health::warning, "no card in /dev/dri",
                "mode vt needs a graphics card and its kernel driver; mode headless works"};
    }
    return good("drm", std::to_string(cards.size()) + " card(s), " +
                           std::to_string(entries(host, "/dev/dri", "renderD").size()) + " render node(s)");
}

/// By a frame buffer console, or as VGA text.
bool draws_text(const Host& host) {
    const auto consoles = entries(host, "/sys/class/vtconsole", "vtcon");
    return exists(host, "/sys/class/graphics/fb0") ||
           std::any_of(consoles.begin(), consoles.end(), [&](const std::string& console) {
               std::ifstream name{host.root + "/sys/class/vtconsole/" + console + "/name"};
               std::string words;
               return std::getline(name, words) && words.find("VGA") != std::string::npos;
           });
}

Check terminals(const Host& host) {
    if (exists(host, "/dev/tty0") && exists(host, "/dev/tty1")) {
        if (!entries(host, "/dev/dri", "card").empty() && !draws_text(host)) {
            return {"vt", Health::warning, "text is drawn nowhere",
                    "no screen is handed to a desktop that could not be taken back: boot with "
                    "drm_kms_helper.fbdev_emulation=1, or start berthd with --without-text-console"};
        }
        return good("vt", "/dev/tty0");
    }
    return {"vt", Health::warning, "no virtual terminals", "mode vt needs a kernel with CONFIG_VT; headless works"};
}

/// Without a guard berthd hands no terminal over. Units: where systemd is PID 1; else berthd starts the program itself.
Check guard(const Host& host) {
    const auto lacks = [](std::string what) {
        return Check{"guard", Health::warning, std::move(what),
                     "no desktop gets a screen without its guard: install berth again (cmake --install)"};
    };
    const std::string program = std::string{libexec_dir} + "/berth-guard";
    if (!exists(host, program)) {
        return lacks("no " + program);
    }
    if (exists(host, "/run/systemd/system") && !has_unit(host, "berth-guard@.service")) {
        return lacks("no berth-guard@.service");
    }
    return good("guard", program);
}

Check presence(const Host& host, const char* name, const char* path, const char* found, const char* absent,
               const char* hint) {
    return exists(host, path) ? good(name, found) : Check{name, Health::warning, absent, hint};
}

/// What seat mode logind needs; without, berthd chooses mode vt, or `up` says what failed.
Check logind(const Host& host) {
    const auto lacks = [](std::string what, std::string hint) {
        return Check{"logind", Health::warning, std::move(what), std::move(hint)};
    };
    if (!exists(host, "/run/systemd/seats/seat0")) {
        return lacks("no logind", "mode logind, which needs no privileged container, is off: run systemd-logind");
    }
    const auto libraries = entries(host, "/usr/lib", "");
    const bool has_module = exists(host, "/usr/lib/security/pam_systemd.so") ||
                            std::any_of(libraries.begin(), libraries.end(), [&](const std::string& folder) {
                                return exists(host, "/usr/lib/" + folder + "/security/pam_systemd.so");
                            });
    if (!has_module) {
        return lacks("it runs, but no pam_systemd.so", "mode logind opens a session: apt install libpam-systemd");
    }
    if (!exists(host, "/etc/pam.d/berth")) {
        return lacks("it runs, but no /etc/pam.d/berth", "mode logind opens a session: install berth's PAM service");
    }
    if (!has_unit(host, "berth-seat@.service")) {
        return lacks("it runs, but no berth-seat@.service", "mode logind needs berth's units: install them");
    }
    return good("logind", "it runs, and berth can open a session on its seat");
}

Check groups(const Host& host) {
    std::string missing;
    std::ifstream file{host.root + "/etc/group"};
    const std::string all{std::istreambuf_iterator<char>{file}, {}};
    for (const char* group : {"video", "audio", "render", "input", "tty"}) {
        if (("\n" + all).find("\n" + std::string{group} + ":") == std::string::npos) {
            missing += missing.empty() ? group : std::string{", "} + group;
        }
    }
    if (!missing.empty()) {
        return {"groups", Health::warning, "no group " + missing,
                "the desktop's user will not reach those devices: apt install udev"};
    }
    return good("groups", "video audio render input tty");
}

/// The file that berthd would read for the desktop `gnome`; empty: there is none.
std::string profile_file(const Host& host) {
    for (const char* folder : {"/run/berth", "/etc/berth", BERTH_VENDOR_DIR}) {
        const std::string file = std::string{folder} + "/desktops/gnome.json";
        if (exists(host, file)) {
            return file;
        }
    }
    return {};
}

Check profile(const Host& host) {
    const std::string file = profile_file(host);
    return file.empty() ? Check{"profile", Health::missing, "no desktops/gnome.json",
                                "install berth's profiles, or write one in /etc/berth"}
                        : good("profile", file);
}

/// Whose session of logind a desktop would be: a user of the host with the profile's number (passwd(5)).
Check desktop_user(const Host& host) {
    std::string uid{"1000"};
    if (const std::string file = profile_file(host); !file.empty()) {
        std::ifstream text{host.root + file};
        const auto profile = nlohmann::json::parse(text, nullptr, false);
        const auto pointer = nlohmann::json::json_pointer{"/user/uid"};
        if (profile.is_object() && profile.contains(pointer)) {
            uid = profile[pointer].dump();
        }
    }
    std::ifstream users{host.root + "/etc/passwd"};
    for (std::string line; std::getline(users, line);) {
        std::istringstream fields{line};
        std::string name;
        std::string password;
        std::string number;
        std::getline(std::getline(std::getline(fields, name, ':'), password, ':'), number, ':');
        if (number == uid) {
            return good("user", name + " (" + uid + ")");
        }
    }
    return {"user", Health::warning, "no user with the id " + uid,
            "mode logind opens a session of the host's user: useradd --uid " + uid +
                " NAME, or set user.uid in the profile"};
}

Check image(const Host& host) {
    const std::string name = "localhost/berth/gnome:latest";
    for (const char* program : {"podman", "docker"}) {
        if (on_path(host, program) && !host.run({program, "image", "inspect", "--format", "{{.Id}}", name}).empty()) {
            return good("image", name);
        }
    }
    return {"image", Health::missing, "no image " + name, "packaging/quickstart builds it, or load one"};
}

struct ClosePipe {
    void operator()(std::FILE* pipe) const noexcept { ::pclose(pipe); }
};

std::string first_line(const std::vector<std::string>& argv) {
    std::string command = "timeout 10";
    for (const std::string& word : argv) { // words of our own, without quotes
        command += " '" + word + "'";
    }
    const std::unique_ptr<std::FILE, ClosePipe> pipe{::popen((command + " 2>/dev/null").c_str(), "re")};
    std::array<char, 256> buffer{};
    if (!pipe || std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe.get()) == nullptr) {
        return {};
    }
    const std::string line = buffer.data();
    return line.substr(0, line.find('\n'));
}

} // namespace

Host this_host() {
    const char* path = std::getenv("PATH");
    return Host{"", path == nullptr ? "/usr/sbin:/usr/bin" : path, first_line};
}

std::vector<Check> check_host(const Host& host) {
    bool hybrid = false;
    std::vector<Check> checks;
    checks.push_back(cgroups(host, hybrid));
    checks.push_back(engine(host));
    checks.push_back(runtime(host, hybrid));
    checks.push_back(network(host));
    checks.push_back(image(host));
    checks.push_back(profile(host));
    checks.push_back(screen(host));
    checks.push_back(terminals(host));
    checks.push_back(guard(host));
    checks.push_back(presence(host, "sound", "/dev/snd", "/dev/snd", "no /dev/snd",
                              "no sound from the desktop: load the sound card's driver"));
    checks.push_back(groups(host));
    checks.push_back(desktop_user(host));
    checks.push_back(presence(host, "systemd", "/run/systemd/system", "it is PID 1", "systemd is not PID 1",
                              "start berthd yourself, as packaging/quickstart does"));
    checks.push_back(logind(host));
    checks.push_back(presence(host, "polkit", "/usr/share/dbus-1/system-services/org.freedesktop.PolicyKit1.service",
                              "it is installed", "not installed",
                              "only root may bring desktops up: apt install polkitd"));
    checks.push_back(client_doors(host));
    checks.push_back(bus_filter(host));
    return checks;
}

const char* name_of(Health health) noexcept {
    switch (health) {
    case Health::ok:
        return "ok";
    case Health::warning:
        return "warning";
    case Health::missing:
        return "missing";
    }
    return "?";
}

} // namespace berth::cli
