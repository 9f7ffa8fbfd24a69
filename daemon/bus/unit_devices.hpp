#pragma once

#include "bus/bus_connection.hpp"
#include "ports/client_ports.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace berth::bus {

/// ports::UnitDevices by the host's service manager: DeviceAllow= of a scope, service or slice, changed by
/// SetUnitProperties with runtime=true (org.freedesktop.systemd1(5)), which goes with the unit. One change at a time,
/// since taking a node out is reading the list, emptying it and setting what remains (in one call, so that there is no
/// moment without). One thread: the io_context's.
///
/// What is added has the access "rw", what runtimes add has "rwm" too: so only berth's own entries are taken out, by
/// whichever berthd. A node that the list has already for reading and writing is not added again. A unit whose list is
/// empty while its DevicePolicy is "auto" has none: adding to that would forbid the rest.
///
/// Errors: failed, with the service manager's sentence; timed_out.
class UnitDevices final : public ports::UnitDevices {
  public:
    /// `connection` outlives it. `limit`: for each answer of the service manager.
    explicit UnitDevices(BusConnection& connection, std::chrono::milliseconds limit = std::chrono::seconds{5});
    ~UnitDevices() override;
    UnitDevices(const UnitDevices&) = delete;
    UnitDevices& operator=(const UnitDevices&) = delete;

    /// Ok too where there is no service manager on this bus. What waits when this goes is not answered.
    void allow(const std::string& unit, const std::vector<std::string>& nodes, Done<void> done) override;
    void forbid(const std::string& unit, const std::vector<std::string>& nodes, Done<void> done) override;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace berth::bus
