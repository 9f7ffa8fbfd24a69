#pragma once

#include "model/facts.hpp"
#include "model/ids.hpp"
#include "model/profile.hpp"
#include "model/seat.hpp"

#include <optional>
#include <variant>

namespace berth::model {

/// Who called, as the bus says it (never as the caller says it).
struct Caller {
    std::string bus_name; ///< unique name, ":1.42"
    std::uint32_t uid{0xffffffff};

    bool operator==(const Caller&) const = default;
};

/// Seat.Up
struct UpRequest {
    SeatName seat;
    std::string desktop;
    std::optional<SeatMode> mode;     ///< option "mode"
    std::optional<std::string> image; ///< option "image": another image, same profile

    bool operator==(const UpRequest&) const = default;
};

/// Seat.Down
struct DownRequest {
    SeatName seat;
    bool now{false}; ///< option "now": SIGKILL at once

    bool operator==(const DownRequest&) const = default;
};

/// Seat.Reseat
struct ReseatRequest {
    SeatName seat;
    std::string reason;

    bool operator==(const ReseatRequest&) const = default;
};

/// Seat.RestoreTty; Manager.Restore makes one for each seat.
struct RestoreTtyRequest {
    SeatName seat;

    bool operator==(const RestoreTtyRequest&) const = default;
};

/// Seat.Freeze
struct FreezeRequest {
    SeatName seat;

    bool operator==(const FreezeRequest&) const = default;
};

/// Seat.Thaw
struct ThawRequest {
    SeatName seat;

    bool operator==(const ThawRequest&) const = default;
};

/// Seat.Snapshot
struct SnapshotRequest {
    SeatName seat;
    std::string tag; ///< the new image's name

    bool operator==(const SnapshotRequest&) const = default;
};

/// Job.Cancel
struct CancelRequest {
    JobId job;

    bool operator==(const CancelRequest&) const = default;
};

using Request = std::variant<UpRequest, DownRequest, ReseatRequest, RestoreTtyRequest, FreezeRequest, ThawRequest,
                             SnapshotRequest, CancelRequest>;

/// berthd started: the seats it manages and what the host offers.
struct Configured {
    std::vector<SeatName> seats;
    HostFacts host;

    bool operator==(const Configured&) const = default;
};

/// The engine was asked what an earlier berthd left behind.
struct LeftoversFound {
    std::vector<Leftover> leftovers; ///< what there is
    std::vector<Seat> kept{};        ///< what that berthd knew, by its state files of this boot

    bool operator==(const LeftoversFound&) const = default;
};

/// A method was called.
struct Called {
    CallToken token;
    Caller caller;
    Request request;

    bool operator==(const Called&) const = default;
};

/// The authority's verdict on a call.
struct Authorized {
    CallToken token;
    bool allowed{false};
    std::string reason; ///< why not, for a person

    bool operator==(const Authorized&) const = default;
};

/// A profile was read for a call: `profile`, or why not.
struct ProfileRead {
    CallToken token;
    std::optional<DesktopProfile> profile;
    std::string error;

    bool operator==(const ProfileRead&) const = default;
};

struct ContainerCreated {
    std::string container;

    bool operator==(const ContainerCreated&) const = default;
};

struct InitStarted {
    std::int32_t pid{0};

    bool operator==(const InitStarted&) const = default;
};

/// What a finished step found; monostate where there is nothing to say.
using StepFacts =
    std::variant<std::monostate, ContainerCreated, InitStarted, VtClaim, DoorPaths, RestoreReport, SeatLease>;

/// The effect of a seat's step ended. `error` empty: it succeeded.
struct StepFinished {
    SeatName seat;
    StepSerial serial;
    Step step{Step::none};
    StepFacts facts;
    std::optional<Failure> error;

    bool operator==(const StepFinished&) const = default;
};

/// The desktop's PID 1 is gone (its pidfd became readable, pidfd_open(2)).
struct InitExited {
    SeatName seat;
    std::int32_t pid{0};

    bool operator==(const InitExited&) const = default;
};

/// The desktop's processes were paused or go on, by the kernel's word, whoever did it.
struct PausedChanged {
    SeatName seat;
    std::int32_t pid{0}; ///< of the init whose container it is
    bool paused{false};

    bool operator==(const PausedChanged&) const = default;
};

/// The session on the host's seat is gone, or control over its devices, though nobody gave it up.
struct LeaseLost {
    SeatName seat;
    std::string reason; ///< one sentence

    bool operator==(const LeaseLost&) const = default;
};

/// Self.SessionReady came in by the seat's own socket.
struct SessionReady {
    SeatName seat;
    SessionFacts facts;

    bool operator==(const SessionReady&) const = default;
};

/// The seat's step timer ran out.
struct TimerFired {
    SeatName seat;
    StepSerial serial;

    bool operator==(const TimerFired&) const = default;
};

/// The seat's device nodes, as udev has them now.
struct DevicesChanged {
    SeatName seat;
    std::vector<std::string> devices;

    bool operator==(const DevicesChanged&) const = default;
};

/// The host's logind has a seat (Manager.ListSeats, SeatNew); one that berthd has already is meant, too.
struct SeatAppeared {
    SeatName seat;

    bool operator==(const SeatAppeared&) const = default;
};

/// The host's logind has removed a seat (SeatRemoved): its last card is gone, or went to another seat.
struct SeatGone {
    SeatName seat;

    bool operator==(const SeatGone&) const = default;
};

/// SIGTERM or SIGINT.
struct ShutdownRequested {
    bool keep_desktops{false}; ///< only berthd ends, not the host: the next berthd takes over what can run without one

    bool operator==(const ShutdownRequested&) const = default;
};

using Happening =
    std::variant<Configured, LeftoversFound, Called, Authorized, ProfileRead, StepFinished, InitExited, PausedChanged,
                 LeaseLost, SessionReady, TimerFired, DevicesChanged, SeatAppeared, SeatGone, ShutdownRequested>;

/// One thing that happened, and when.
struct Event {
    Microseconds at{0};
    Happening what;

    bool operator==(const Event&) const = default;
};

} // namespace berth::model
