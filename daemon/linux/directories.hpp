#pragma once

#include "base/unique_fd.hpp"
#include "ports/seat_ports.hpp"

#include <set>
#include <string>

namespace berth::os {

/// ports::SeatDirectories below two folders of the host:
///   RUNTIME/seats/         0700: no other user of the host reaches a seat's socket
///   RUNTIME/seats/SEAT/door/      a shared mount of its own: what is mounted below it later appears in the container
///   RUNTIME/seats/SEAT/runtime/   0700, the desktop user's
///   RUNTIME/seats/SEAT/system-bus/  0755, the desktop's /run/dbus, in mode `logind`
///   RUNTIME/seats/SEAT/login/       0755, the desktop's /run/systemd/{sessions,users,seats}, kept by berth-seat
///   RUNTIME/seats/SEAT/snd/         a tmpfs of its own with the sound nodes that the desktop has, in mode `logind`
///   RUNTIME/seats/SEAT/seat.env     for berth-seat@SEAT.service; session.json is its answer
///   STATE/seats/SEAT/machine-id   made once, kept
/// A seat's name that is_safe() refuses is an invalid_argument. Needs CAP_SYS_ADMIN, CAP_CHOWN. Calls are short system
/// calls on local file systems; none waits for anybody.
class Directories final : public ports::SeatDirectories {
  public:
    Directories(std::string runtime_dir, std::string state_dir);

    /// The first time for a seat, what an earlier berthd left (mounts below the door, sockets, files) goes. Called
    /// again before `close`, it only writes desktop.env anew, e.g. when the VT has become known.
    Result<model::DoorPaths> open(const model::Seat& seat, const model::HostFacts& host) override;
    Result<void> put_menu(const model::SeatName& seat, const std::map<std::string, std::string>& files) override;
    Result<void> prepare_session(const model::Seat& seat) override;
    Result<model::SeatLease> note_session(const model::SeatName& seat) override;
    Result<void> put_nodes(const model::SeatName& seat, const std::vector<std::string>& nodes) override;
    std::vector<std::string> nodes(const model::SeatName& seat) override;
    Result<model::DoorPaths> adopt(const model::SeatName& seat) override;
    Result<void> close(const model::SeatName& seat) override;

  private:
    [[nodiscard]] model::DoorPaths paths(const model::SeatName& seat) const;
    Result<UniqueFd> open_seats() const;
    Result<UniqueFd> open_base(const model::SeatName& seat) const;
    Result<std::string> machine_id(const model::SeatName& seat) const;

    std::string runtime_dir_;
    std::string state_dir_;
    std::set<model::SeatName> open_;
};

} // namespace berth::os
