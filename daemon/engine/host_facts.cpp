#include "engine/host_facts.hpp"

#include "engine/child_process.hpp"
#include "engine/containers_conf.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace berth::engine {
namespace {

constexpr std::uint64_t unlimited = UINT64_MAX;
/// What podman sets where nothing else is said (RLimitDefaultValue in its libpod/define), and CAP_SYS_RESOURCE allows.
constexpr std::uint64_t podman_limit = 1'048'576;

std::string text_of(const std::string& path) {
    std::ifstream file{path};
    return std::string{std::istreambuf_iterator<char>{file}, {}};
}

bool exists(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

bool contains_word(const std::string& text, const std::string& word) {
    std::istringstream words{text};
    return std::find(std::istream_iterator<std::string>{words}, {}, word) != std::istream_iterator<std::string>{};
}

struct Mount {
    std::string target;
    std::string type;
    std::string options; ///< of the file system: a v1 hierarchy names its controllers here
};

/// proc(5), /proc/PID/mountinfo: "ID PARENT DEV ROOT TARGET OPTIONS [FIELD…] - TYPE SOURCE SUPER_OPTIONS".
std::vector<Mount> cgroup_mounts(const std::string& mountinfo) {
    std::vector<Mount> mounts;
    std::istringstream lines{mountinfo};
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words{line};
        const std::vector<std::string> fields{std::istream_iterator<std::string>{words}, {}};
        const auto dash = std::find(fields.begin(), fields.end(), "-");
        if (fields.size() < 5 || std::distance(dash, fields.end()) < 4 || !fields[4].starts_with("/sys/fs/cgroup")) {
            continue;
        }
        mounts.push_back(Mount{fields[4], *(dash + 1), *(dash + 3)});
    }
    return mounts;
}

bool has_option(const std::string& options, const std::string& wanted) {
    std::istringstream words{options};
    for (std::string option; std::getline(words, option, ',');) {
        if (option == wanted) {
            return true;
        }
    }
    return false;
}

void observe_cgroups(const std::string& root, HostFacts& facts) {
    const std::vector<Mount> mounts = cgroup_mounts(text_of(root + "/proc/self/mountinfo"));
    std::string unified;
    bool v1 = false;
    bool v1_pids = false;
    for (const Mount& mount : mounts) {
        if (mount.type == "cgroup2") {
            unified = mount.target;
        } else if (mount.type == "cgroup") {
            v1 = true;
            v1_pids = v1_pids || has_option(mount.options, "pids");
        }
    }
    if (unified.empty() && !v1) {
        return; // nothing is mounted where it is expected: as a usual host
    }
    const std::string controllers = text_of(root + unified + "/cgroup.controllers");
    facts.cgroups = !v1               ? HostFacts::Cgroups::v2
                    : unified.empty() ? HostFacts::Cgroups::v1
                                      : HostFacts::Cgroups::hybrid;
    facts.unified_has_controllers = v1 && controllers.find_first_not_of(" \n") != std::string::npos;
    facts.pids_controller = v1_pids || contains_word(controllers, "pids");
}

/// capabilities(7): bit 24 of CapEff in /proc/self/status is CAP_SYS_RESOURCE.
bool has_sys_resource(const std::string& status) {
    const std::size_t line = status.find("CapEff:");
    if (line == std::string::npos) {
        return true;
    }
    const std::size_t digits = status.find_first_not_of(" \t", line + 7);
    std::uint64_t bits = 0;
    if (digits == std::string::npos ||
        std::from_chars(status.data() + digits, status.data() + status.size(), bits, 16).ec != std::errc{}) {
        return true;
    }
    return (bits >> 24U & 1U) != 0;
}

/// proc(5), /proc/PID/limits: name, soft limit, hard limit, unit, in columns.
std::uint64_t hard_limit(const std::string& limits, const std::string& name) {
    const std::size_t line = limits.find(name);
    if (line == std::string::npos) {
        return unlimited;
    }
    std::istringstream words{limits.substr(line + name.size())};
    std::string soft;
    std::string hard;
    words >> soft >> hard;
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(hard.data(), hard.data() + hard.size(), value);
    return parsed.ec == std::errc{} ? value : unlimited;
}

std::uint64_t pid_max(const std::string& root) {
    std::uint64_t value = unlimited;
    std::ifstream{root + "/proc/sys/kernel/pid_max"} >> value;
    return value != 0 ? value : unlimited; // a failed read sets 0
}

bool finds(const HostPlaces& places, const std::string& program) {
    std::string path;
    std::istringstream folders{places.search_path};
    for (std::string folder; std::getline(folders, folder, ':');) {
        path.append(path.empty() ? "" : ":").append(places.root).append(folder);
    }
    return !find_program(program, path).empty();
}

bool exists_in(const std::string& root, const std::vector<std::string>& candidates) {
    return std::ranges::any_of(candidates, [&root](const std::string& path) { return exists(root + path); });
}

/// catatonit is only recommended by podman's packages; tini and Docker's copy of it are called the same way, "INIT --
/// …".
void observe_init(const std::string& root, HostFacts& facts) {
    const std::string configured = system_containers_conf(root).text();
    facts.podman_init = exists_in(root, {"/usr/libexec/podman/catatonit", "/usr/bin/catatonit",
                                         "/usr/lib/podman/catatonit", "/usr/local/libexec/podman/catatonit"}) ||
                        configured.find("init_path = ") != std::string::npos;
    for (const char* path : {"/usr/bin/tini-static", "/usr/bin/docker-init", "/usr/libexec/docker/docker-init"}) {
        if (facts.other_init.empty() && exists(root + path)) {
            facts.other_init = path;
        }
    }
}

/// podman's libimage and libnetwork write these below the storage's root.
void observe_storage(const HostPlaces& places, HostFacts& facts) {
    const std::string storage = places.root + places.storage;
    std::istringstream remembered{text_of(storage + "/defaultNetworkBackend")};
    remembered >> facts.remembered_network;
    facts.storage_has_images =
        exists(storage + "/overlay-images/images.json") || exists(storage + "/vfs-images/images.json");
}

void mend_limits(const HostFacts& facts, std::string& containers, Mends& mends) {
    if (facts.may_raise_limits || (facts.open_files >= podman_limit && facts.processes >= podman_limit)) {
        return;
    }
    const std::string files = std::to_string(std::min(facts.open_files, podman_limit));
    const std::string processes = std::to_string(std::min(facts.processes, podman_limit));
    containers +=
        "default_ulimits = [\"nofile=" + files + ":" + files + "\", \"nproc=" + processes + ":" + processes + "\"]\n";
    mends.sentences.push_back("containers get at most " + files + " open files and " + processes +
                              " processes: without CAP_SYS_RESOURCE podman's own limits cannot be set");
}

void mend_runtime(const HostFacts& facts, std::string& engine, Mends& mends) {
    if (facts.cgroups != HostFacts::Cgroups::hybrid || !facts.unified_has_controllers || !facts.crun) {
        return;
    }
    if (facts.runc) {
        engine += "runtime = \"runc\"\n";
        mends.sentences.emplace_back("containers are run by runc: crun refuses a hybrid cgroup tree whose cgroup2 "
                                     "holds controllers");
    } else {
        mends.problems.emplace_back("crun refuses this host's hybrid cgroup tree, whose cgroup2 holds controllers: "
                                    "install runc, or boot with systemd.unified_cgroup_hierarchy=1");
    }
}

} // namespace

std::string cgroups_name(HostFacts::Cgroups cgroups) {
    switch (cgroups) {
    case HostFacts::Cgroups::v1:
        return "v1";
    case HostFacts::Cgroups::hybrid:
        return "hybrid";
    case HostFacts::Cgroups::v2:
        return "v2";
    }
    return "v2";
}

HostFacts observe_host(const HostPlaces& places) {
    HostFacts facts;
    const std::string limits = text_of(places.root + "/proc/self/limits");
    observe_cgroups(places.root, facts);
    facts.crun = finds(places, "crun");
    facts.runc = finds(places, "runc");
    facts.may_raise_limits = has_sys_resource(text_of(places.root + "/proc/self/status"));
    facts.open_files = hard_limit(limits, "Max open files");
    facts.processes = std::min(hard_limit(limits, "Max processes"), pid_max(places.root));
    facts.netavark = exists_in(places.root, {"/usr/lib/podman/netavark", "/usr/libexec/podman/netavark",
                                             "/usr/local/lib/podman/netavark", "/usr/local/libexec/podman/netavark"});
    facts.cni = exists_in(places.root, {"/usr/lib/cni/bridge", "/opt/cni/bin/bridge", "/usr/libexec/cni/bridge",
                                        "/usr/local/lib/cni/bridge", "/usr/local/libexec/cni/bridge"});
    observe_init(places.root, facts);
    observe_storage(places, facts);
    return facts;
}

Mends mends_for(const HostFacts& facts) {
    Mends mends;
    std::string containers;
    std::string engine;
    std::string network;
    mend_limits(facts, containers, mends);
    mend_runtime(facts, engine, mends);
    if (!facts.podman_init && !facts.other_init.empty()) {
        const std::string line = "init_path = \"" + facts.other_init + "\"\n";
        containers += line; // for the command line
        engine += line;     // for the API
        mends.sentences.push_back("containers that ask for a small init get " + facts.other_init +
                                  ": podman's catatonit is not installed");
    }
    if (!facts.pids_controller) {
        containers += "pids_limit = 0\n";
        mends.sentences.emplace_back("containers have no limit on their number of processes: this host's cgroups have "
                                     "no pids controller");
    }
    const bool takes_cni =
        facts.remembered_network == "cni" || (facts.remembered_network.empty() && facts.storage_has_images);
    if (takes_cni && !facts.cni && facts.netavark) {
        network += "network_backend = \"netavark\"\n";
        mends.sentences.emplace_back("networks are made by netavark: podman would take CNI, whose plugins are not "
                                     "installed");
    }
    if (!facts.crun && !facts.runc) {
        mends.problems.emplace_back("neither crun nor runc is installed: no container can run");
    }
    for (const auto& [section, lines] : {std::pair{"[containers]\n", &containers}, std::pair{"[engine]\n", &engine},
                                         std::pair{"[network]\n", &network}}) {
        if (!lines->empty()) {
            mends.containers_conf.append(section).append(*lines);
        }
    }
    return mends;
}

} // namespace berth::engine
