#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace berth::engine {

/// What of the host decides whether podman's defaults work here.
struct HostFacts {
    enum class Cgroups {
        v1,     ///< controllers on v1 hierarchies only
        hybrid, ///< v1 hierarchies and a cgroup2 beside them
        v2,     ///< /sys/fs/cgroup is cgroup2
    };
    Cgroups cgroups{Cgroups::v2};
    bool unified_has_controllers{false}; ///< hybrid only: the cgroup2 holds controllers, which crun refuses
    bool pids_controller{true};          ///< process counts can be limited
    bool crun{true};
    bool runc{false};
    bool may_raise_limits{true}; ///< CAP_SYS_RESOURCE
    std::uint64_t open_files{0}; ///< hard limit of RLIMIT_NOFILE; UINT64_MAX: none
    /// Hard limit of RLIMIT_NPROC; UINT64_MAX: none. Never above kernel.pid_max, to which podman lowers its own.
    std::uint64_t processes{0};
    bool netavark{true};
    bool podman_init{true}; ///< podman's own PID 1 for containers that ask for one, or one that containers.conf names
    std::string other_init; ///< another that would do; empty: none
    bool cni{false};        ///< the CNI plugin "bridge" is installed
    std::string remembered_network; ///< the network backend that podman's storage was first used with; empty: none
    bool storage_has_images{false}; ///< without a remembered backend podman then takes CNI

    bool operator==(const HostFacts&) const = default;
};

/// "v1", "hybrid" or "v2".
std::string cgroups_name(HostFacts::Cgroups cgroups);

/// Where to look, so that a test can lay out a host of its own.
struct HostPlaces {
    std::string root;        ///< put before every absolute path; empty: this host
    std::string search_path; ///< as $PATH
    std::string storage{"/var/lib/containers/storage"};
};

/// Looks at the host: a dozen small reads, no program is run. What cannot be read counts as a usual host's.
HostFacts observe_host(const HostPlaces& places);

/// What has to differ from podman's defaults on a host.
struct Mends {
    std::string containers_conf;        ///< containers.conf(5); empty: nothing has to
    std::vector<std::string> sentences; ///< what was mended and why, one each
    std::vector<std::string> problems;  ///< what is bad and cannot be mended here, and what would help

    bool operator==(const Mends&) const = default;
};

/// Pure: only defaults that are known to fail on such a host are mended, so a usual host has no mends.
Mends mends_for(const HostFacts& facts);

} // namespace berth::engine
