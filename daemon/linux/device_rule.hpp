#pragma once

#include "base/result.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

/// Rules about device nodes, as cgroups have them (cgroup v1's devices.allow; linux/bpf.h, bpf_cgroup_dev_ctx). Pure
/// but for rule_of, which asks for a node's number.
namespace berth::os {

/// Which nodes.
struct DeviceNumbers {
    static constexpr std::uint32_t any = 0xFFFFFFFF;

    char type{'a'}; ///< 'c', 'b', or 'a' for both
    std::uint32_t major{any};
    std::uint32_t minor{any};

    auto operator<=>(const DeviceNumbers&) const = default;
};

/// Which nodes, and what for.
struct DeviceRule {
    static constexpr std::uint32_t mknod = 1; ///< BPF_DEVCG_ACC_MKNOD
    static constexpr std::uint32_t read = 2;
    static constexpr std::uint32_t write = 4;

    DeviceNumbers numbers;
    std::uint32_t access{0};

    auto operator<=>(const DeviceRule&) const = default;
};

/// Reads "c 226:* rw", as ContainerSpec::device_rules has it. invalid_argument: it is none.
Result<DeviceRule> parse_device_rule(const std::string& text);

/// "c 226:* rw"
std::string text_of(const DeviceRule& rule);

/// The rule for reading and writing the node at the host's `path`. failed: there is none, or it is no device node.
Result<DeviceRule> rule_of(const std::string& path);

/// What each container may open and make by default: the nodes of OCI's runtime-spec (config-linux.md, "Default
/// Devices"), terminals, and mknod of any (runc's libcontainer/specconv, crun's cgroup-resources.c).
const std::vector<DeviceRule>& default_device_rules();

} // namespace berth::os
