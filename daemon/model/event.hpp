#pragma once

#include "model/client.hpp"
#include "model/facts.hpp"
#include "model/ids.hpp"
#include "model/profile.hpp"
#include "model/request.hpp"
#include "model/seat.hpp"

#include <optional>
#include <variant>

namespace berth::model {

/// berthd started: the seats it manages and what the host offers.
struct Configured {
    std::vector<SeatName> seats;
    HostFacts host;
    std::uint64_t last_job{0}; ///< the number of the last job of an earlier berthd of this boot

    bool operator==(const Configured&) const = default;
};

/// The engine was asked what an earlier berthd left behind.
struct LeftoversFound {
    std::vector<Leftover> leftovers;          ///< what there is
    std::vector<Seat> kept{};                 ///< what that berthd knew, by its state files of this boot
    std::vector<Leftover> client_leftovers{}; ///< clients' containers; `seat` is the client's name
    std::vector<Client> kept_clients{};
    std::vector<ClientId> doors{}; ///< clients' doors that are there

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
    std::vector<std::string> devices{};      ///< the device nodes that it was made with
    std::vector<std::string> device_rules{}; ///< of a client: the rules beyond them

    bool operator==(const ContainerCreated&) const = default;
};

struct InitStarted {
    std::int32_t pid{0};

    bool operator==(const InitStarted&) const = default;
};

/// A client's command has ended.
struct ExitFacts {
    std::int32_t exit_code{0};

    bool operator==(const ExitFacts&) const = default;
};

/// A container that berth did not make, and that runs.
struct ContainerFound {
    std::string container; ///< full id
    std::string image;
    std::int32_t init_pid{0};
    bool paused{false};

    bool operator==(const ContainerFound&) const = default;
};

/// Where it sees its door.
struct ContainerJoined {
    std::int32_t init_pid{0};
    std::vector<ForeignMount> mounts;

    bool operator==(const ContainerJoined&) const = default;
};

/// What a finished step found; monostate where there is nothing to say.
using StepFacts = std::variant<std::monostate, ContainerCreated, InitStarted, VtClaim, DoorPaths, RestoreReport,
                               SeatLease, ClientDoor, ExitFacts, ContainerFound, ContainerJoined>;

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

/// The host's devices, as udev and sysfs have them now, sorted by path: all of which a dock may be made, or that may be
/// behind one.
struct HardwareChanged {
    std::vector<Device> devices;

    bool operator==(const HardwareChanged&) const = default;
};

/// Every profile in docks/ that is in order.
struct DocksRead {
    std::vector<DockProfile> profiles;

    bool operator==(const DocksRead&) const = default;
};

/// The command of AskDesktop has ended: `yes` with status 0. `why` not, for a person.
struct DesktopAnswered {
    SeatName seat;
    std::uint64_t question{0};
    bool yes{false};
    std::string why{};

    bool operator==(const DesktopAnswered&) const = default;
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

/// A client's profile was read for a call: `app`, or why not.
struct AppRead {
    CallToken token;
    std::optional<AppProfile> app;
    std::string error;
    std::string wishes{};   ///< grants that the image's labels ask for, "display sound", and that are not in force
    bool image_seen{false}; ///< the engine has the image

    bool operator==(const AppRead&) const = default;
};

/// The effect of a client's step ended. `error` empty: it succeeded.
struct ClientStepFinished {
    ClientId client;
    StepSerial serial;
    Step step{Step::none};
    StepFacts facts;
    std::optional<Failure> error;

    bool operator==(const ClientStepFinished&) const = default;
};

/// A client's PID 1 is gone.
struct ClientExited {
    ClientId client;
    std::int32_t pid{0};

    bool operator==(const ClientExited&) const = default;
};

/// A client's processes were paused or go on, by the kernel's word, whoever did it.
struct ClientPausedChanged {
    ClientId client;
    std::int32_t pid{0};
    bool paused{false};

    bool operator==(const ClientPausedChanged&) const = default;
};

/// All that a client wrote has reached its caller, or the caller is gone.
struct StreamsEnded {
    ClientId client;

    bool operator==(const StreamsEnded&) const = default;
};

/// The client's step timer ran out.
struct ClientTimerFired {
    ClientId client;
    StepSerial serial;

    bool operator==(const ClientTimerFired&) const = default;
};

/// A command in a client has ended, with its exit code, or could not be run.
struct ExecEnded {
    JobId job;
    std::int32_t exit_code{-1};
    std::optional<Failure> error;

    bool operator==(const ExecEnded&) const = default;
};

/// A descriptor for Self.Open* is there, under the call's token; or why not.
struct OpenEnded {
    CallToken token;
    std::optional<Failure> error{};

    bool operator==(const OpenEnded&) const = default;
};

/// A connection that WatchCaller was about has ended, or had before.
struct CallerGone {
    std::string bus_name;

    bool operator==(const CallerGone&) const = default;
};

/// The time has come for which the client's lease timer was set.
struct LeaseTimerFired {
    ClientId client;
    Microseconds now{0}; ///< CLOCK_BOOTTIME

    bool operator==(const LeaseTimerFired&) const = default;
};

/// A desktop has made sockets anew that clients may have been given: its sound server was started again, say.
struct SocketsRenewed {
    SeatName seat;

    bool operator==(const SocketsRenewed&) const = default;
};

/// SIGTERM or SIGINT.
struct ShutdownRequested {
    bool keep_desktops{false}; ///< only berthd ends, not the host: the next berthd takes over what can run without one

    bool operator==(const ShutdownRequested&) const = default;
};

using Happening = std::variant<Configured, LeftoversFound, Called, Authorized, ProfileRead, StepFinished, InitExited,
                               PausedChanged, LeaseLost, SessionReady, TimerFired, DevicesChanged, SeatAppeared,
                               SeatGone, ShutdownRequested, AppRead, ClientStepFinished, ClientExited,
                               ClientPausedChanged, StreamsEnded, ClientTimerFired, ExecEnded, OpenEnded, CallerGone,
                               LeaseTimerFired, SocketsRenewed, HardwareChanged, DocksRead, DesktopAnswered>;

/// One thing that happened, and when.
struct Event {
    Microseconds at{0};
    Happening what;

    bool operator==(const Event&) const = default;
};

} // namespace berth::model
