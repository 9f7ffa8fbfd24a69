#pragma once

#include "base/result.hpp"
#include "model/facts.hpp"
#include "model/hardware.hpp"
#include "model/ids.hpp"
#include "model/profile.hpp"

#include <algorithm>
#include <optional>

namespace berth::model {

/// A seat's state, as the property `State` shows it.
enum class SeatState {
    vacant,    ///< no desktop; the text VT takes keys
    preparing, ///< host side is being made ready; nothing runs yet
    starting,  ///< the container runs, the shell does not answer yet
    seated,    ///< the session reported ready and the shell answered
    frozen,    ///< every process of the desktop is paused
    draining,  ///< the desktop is being ended
    restoring, ///< the desktop is dead; the TTY comes back and traces are removed
    held,      ///< crash loop or failed restore: nothing starts until `down` or `restore-tty`
};

/// A desktop runs on such a seat and has reported ready; it may be paused.
[[nodiscard]] constexpr bool is_up(SeatState state) noexcept {
    return state == SeatState::seated || state == SeatState::frozen;
}

/// One step of a bring-up or tear-down. policy/step_table.cpp says which follows which.
enum class Step {
    none,          ///< nothing in flight
    check_image,   ///< the engine has the profile's image
    open_door,     ///< directories, machine-id, desktop.env and the Self socket
    claim_vt,      ///< a free VT, and what must come back
    lease_seat,    ///< a session of the host's logind on that VT is asked for
    create,        ///< the container
    initialize,    ///< the container's namespaces and mounts, while logind opens the session
    check_systemd, ///< the image has an init that can be PID 1
    await_lease,   ///< the session is open, and the door tells the desktop of it
    start,         ///< the container runs
    join_network,  ///< it is connected to its network, while it boots
    await_session, ///< SessionReady from inside
    probe_shell,   ///< the profile's probe succeeds
    end_session,   ///< the session is asked to end
    stop,          ///< systemd in the container is asked to end
    kill,          ///< SIGKILL to the container's init
    release_seat,  ///< the session of the host's logind is closed
    restore_tty,   ///< the text VT is restored and verified
    remove,        ///< the container is removed
    close_door,    ///< directories, mounts and the socket go
    adopt,         ///< a desktop that an earlier berthd brought up is taken over as it runs
    pause,         ///< the container's processes are paused
    unpause,       ///< … and go on
    commit,        ///< the container is saved as an image
    attach,        ///< a client's streams are connected to its caller's
    collect,       ///< the exit code of a client's command is read
    flush,         ///< what a client wrote reaches its caller
    give,          ///< a client that runs is given grants
    take,          ///< … and they are taken from it
    find,          ///< the container that a client is to be is looked for
    join,          ///< a container that berth did not make sees its door
    part,          ///< … and sees it no more
};

/// Why the last desktop of a seat did not come up or did not stay.
struct Failure {
    Step step{Step::none};
    ErrorCode code{ErrorCode::failed};
    std::string message;

    bool operator==(const Failure&) const = default;
};

/// What a bring-up was asked for, kept for a re-seat.
struct UpPlan {
    DesktopProfile profile;
    SeatMode mode{SeatMode::headless}; ///< resolved: never `automatic`

    bool operator==(const UpPlan&) const = default;
};

/// What a card that comes or goes means to the desktop: never `automatic`.
inline LateCards late_cards_of(const UpPlan& plan) {
    if (plan.profile.late_cards != LateCards::automatic) {
        return plan.profile.late_cards;
    }
    return plan.mode == SeatMode::vt ? LateCards::reseat : LateCards::forward;
}

/// All that berthd knows of one seat.
struct Seat {
    SeatName name;
    SeatState state{SeatState::vacant};
    Microseconds since{0}; ///< when `state` was entered
    Step step{Step::none};
    StepSerial serial;
    std::optional<JobId> job;   ///< the job that works on the seat
    std::optional<UpPlan> plan; ///< the desktop that runs, comes or goes
    std::optional<UpPlan> next; ///< brought up when the seat becomes vacant: a re-seat, or after a lost lease
    std::optional<DoorPaths> door;
    std::optional<VtClaim> vt;
    std::optional<SeatLease> lease;
    std::string container;              ///< full id; empty: none
    std::int32_t init_pid{0};           ///< 0: init does not run
    std::vector<std::string> made_with; ///< device nodes that the container may open for having been made so
    std::vector<std::string> lent;      ///< render nodes that it may open since, sorted
    bool may_run{false};                ///< the container was started and is not known to be dead
    bool paused{false};                 ///< its processes are paused; they must be unpaused before they can die
    bool session_ready{false};          ///< SessionReady came
    bool now{false};                    ///< the tear-down does not ask, it kills
    bool leave_after_step{false};       ///< the tear-down begins when the step in flight ends
    bool retrying{false};               ///< no effect in flight: the timer runs the step again
    Microseconds start_deadline{0};     ///< the shell must answer by then
    SessionFacts facts;
    std::optional<Failure> failure; ///< of the bring-up that is being undone
    std::optional<Failure> last_failure;
    std::vector<Microseconds> failed_starts; ///< within the crash-loop window
    std::uint32_t restore_attempts{0};
    std::vector<std::string> devices;     ///< device nodes of the seat, sorted
    std::vector<Display> displays;        ///< screens that are plugged in, sorted by identity and name
    std::vector<Dock> docks;              ///< those that are plugged in, sorted by identity
    std::optional<Equipment> seated_with; ///< what the desktop was brought up with
    Microseconds reseat_at{0};            ///< when a re-seat that is due begins; 0: none is
    std::optional<DockQuestion> asked;    ///< the desktop is being asked
    std::uint64_t question{0};            ///< … for the so-manieth time
    std::vector<DockQuestion> declined;   ///< what it said no to, for as long as that is so
    std::vector<Dock> greeted;            ///< those whose docked-command was run in it
    bool announced{false};                ///< by logind, not by --seat: it goes when logind's goes
    bool gone{false};                     ///< logind removed it: it disappears when it is vacant

    bool operator==(const Seat&) const = default;
};

/// The engine's volume that is the seat's /tmp.
inline std::string tmp_volume(const SeatName& seat) {
    return "berth-" + seat.value + "-tmp";
}

/// Whether the seat has virtual terminals: seat0 alone has (org.freedesktop.login1(5), Seat.CanTTY).
inline bool has_terminals(const SeatName& seat) {
    return seat.value == "seat0";
}

/// Whether a DRM card is among the device nodes.
inline bool has_card(const std::vector<std::string>& devices) {
    return std::any_of(devices.begin(), devices.end(),
                       [](const std::string& node) { return node.starts_with("/dev/dri/card"); });
}

/// The mode a profile's or caller's `wanted` means on this seat: `automatic` is `logind` or, without logind, `vt` where
/// there is a DRM card and a virtual terminal, else `headless`. On a seat without terminals it is `logind` where that
/// and a card of the seat's own are there.
inline SeatMode resolve(SeatMode wanted, const HostFacts& host, const Seat& seat) {
    if (wanted != SeatMode::automatic) {
        return wanted;
    }
    if (!has_terminals(seat.name)) {
        return host.logind && has_card(seat.devices) ? SeatMode::logind : SeatMode::headless;
    }
    if (!host.virtual_terminals || !host.graphics) {
        return SeatMode::headless;
    }
    return host.logind ? SeatMode::logind : SeatMode::vt;
}

} // namespace berth::model
