#pragma once

#include "linux/device_program.hpp"
#include "ports/client_ports.hpp"

#include <boost/asio/io_context.hpp>

#include <map>
#include <string>
#include <vector>

namespace berth::os {

/// ports::DeviceRules in the control groups of the container, found by its init's /proc/PID/cgroup and its id in there.
///
/// cgroup v1: devices.allow and devices.deny of the container's own group (Documentation/admin-guide/cgroup-v1/
/// devices.rst). A grant lasts as long as the group.
///
/// cgroup v2: programs, of which all on the way up must allow (linux/bpf.h), so that none can be added that allows
/// more. At the first `allow`, those of the container's groups (from the one with its id in the name to its init's own)
/// are replaced, each in one step, by one of berth's that allows the same: the defaults of OCI's runtimes and what the
/// container was made with. What the programs before said cannot be read back, hence that list. From then on a grant is
/// an entry in that program's map, which a later berthd finds again by the program's name. A group without a program
/// is left as it is (nothing is forbidden by it). Not changed:
///   - systemd's own program on the container's unit ("sd_devices"), where there is a ports::UnitDevices: systemd makes
///     it anew, with the node in its list, and so a reload keeps the grant. Without one it is replaced like the others.
///   - what podman or Docker keep: an `update` of theirs puts the runtime's program back; the next `allow` mends
///     that for its own nodes and those granted since this berthd started.
/// Where crun gave systemd a pinned program (PINS/libpod-ID_scope), ours is pinned in its place: else a reload would
/// put crun's back.
///
/// Needs CAP_SYS_ADMIN and CAP_NET_ADMIN. One thread: the io_context's; `units` outlives this.
class DeviceRules final : public ports::DeviceRules {
  public:
    explicit DeviceRules(boost::asio::io_context& io, ports::UnitDevices* units = nullptr,
                         std::string pins = "/sys/fs/bpf/crun");
    DeviceRules(const DeviceRules&) = delete;
    DeviceRules& operator=(const DeviceRules&) = delete;

    void allow(const ports::DeviceHolder& holder, const std::vector<std::string>& nodes, Done<void> done) override;
    void forbid(const ports::DeviceHolder& holder, const std::vector<std::string>& nodes, Done<void> done) override;

  private:
    using Rules = std::vector<DeviceRule>;

    Result<Rules> rules_of(const std::vector<std::string>& nodes, const std::string& container) const;
    Result<void> allow_now(const ports::DeviceHolder& holder, const Rules& rules);
    Result<void> forbid_now(const ports::DeviceHolder& holder, const Rules& rules);
    void undo(const ports::DeviceHolder& holder, const std::vector<std::string>& nodes);
    Result<DeviceProgram> take_over(const std::vector<std::string>& groups, const Rules& base) const;
    [[nodiscard]] bool is_systemds(const AttachedProgram& program, const std::string& group) const;
    void post(Done<void> done, Result<void> result);

    boost::asio::io_context& io_;
    ports::UnitDevices* units_;
    std::string pins_;
    std::map<std::string, std::map<std::string, DeviceRule>> granted_; ///< by container and path
};

} // namespace berth::os
