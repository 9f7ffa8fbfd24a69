#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "linux/device_rule.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Device programs of control groups v2 (linux/bpf.h, BPF_PROG_TYPE_CGROUP_DEVICE), by bpf(2) alone. Needs CAP_BPF and
/// CAP_NET_ADMIN, or CAP_SYS_ADMIN. Any thread. Errors name the command and its errno.
namespace berth::os {

/// A program of berth's that allows what a map of rules says and denies the rest. The map lives in the kernel for as
/// long as the program is attached, so whoever finds the program attached can go on with it.
class DeviceProgram {
  public:
    /// Loads one with these rules. They are joined where they name the same nodes.
    static Result<DeviceProgram> load(const std::vector<DeviceRule>& rules);

    /// The one that `program` is, where it is one of these; an empty one where it is somebody else's.
    static Result<DeviceProgram> of(UniqueFd program);

    explicit operator bool() const { return static_cast<bool>(program_); }

    [[nodiscard]] int program() const { return program_.get(); }

    /// What is allowed of exactly these nodes; 0: nothing, but for what rules with wildcards say.
    [[nodiscard]] Result<std::uint32_t> access(const DeviceNumbers& numbers) const;

    /// Sets that; 0 takes the rule out. It holds for the next open(2).
    Result<void> set(const DeviceNumbers& numbers, std::uint32_t access);

    /// Where `pin` is there (a program that systemd attaches again at each reload, BPFProgram= of
    /// systemd.resource-control(5)), this program takes its place, in one step.
    [[nodiscard]] Result<void> take_pin(const std::string& pin) const;

  private:
    UniqueFd program_;
    UniqueFd map_;
};

/// A program that is attached to a control group.
struct AttachedProgram {
    UniqueFd program;
    std::string name; ///< as whoever loaded it called it; may be empty
};

struct AttachedPrograms {
    std::vector<AttachedProgram> programs;
    std::uint32_t flags{0}; ///< BPF_F_ALLOW_MULTI, …, with which they are
};

/// The device programs of the group `group` (a descriptor of its directory) itself, not those of the groups above it.
Result<AttachedPrograms> attached_programs(int group);

/// Puts `program` in the place of `old`, in one step.
Result<void> replace_program(int group, std::uint32_t flags, int old, int program);

Result<void> detach_program(int group, int program);

} // namespace berth::os
