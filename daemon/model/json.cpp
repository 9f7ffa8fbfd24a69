#include "model/json_macros.hpp"
#include "model/json_profiles.hpp"

namespace berth {

/// Error codes travel by their bus name.
inline void to_json(nlohmann::json& out, const ErrorCode& code) {
    out = std::string{error_name(code)};
}

inline void from_json(const nlohmann::json& in, ErrorCode& code) {
    const auto& word = in.get_ref<const std::string&>();
    for (int value = 0; value <= static_cast<int>(ErrorCode::failed); ++value) {
        if (error_name(static_cast<ErrorCode>(value)) == word) {
            code = static_cast<ErrorCode>(value);
            return;
        }
    }
    throw nlohmann::json::type_error::create(302, "unknown error name '" + word + "'", &in);
}

} // namespace berth

namespace berth::model {

BERTH_ENUM(SeatState, vacant, preparing, starting, seated, frozen, draining, restoring, held)
BERTH_ENUM(Step, none, check_image, open_door, claim_vt, lease_seat, create, initialize, check_systemd, await_lease,
           start, join_network, await_session, probe_shell, end_session, stop, kill, release_seat, restore_tty, remove,
           close_door, adopt, pause, unpause, commit, attach, collect, flush, give, take, find, join, part)
BERTH_ENUM(ClientState, preparing, starting, running, frozen, ending, exited)
BERTH_ENUM(JobKind, up, down, reseat, restore_tty, freeze, thaw, snapshot, run, exec, logs, stop)
BERTH_ENUM(JobState, running, cancelling, done, failed, cancelled)
BERTH_ENUM(DeviceKind, hub, thunderbolt, base, keyboard, mouse, touch, joystick, sound, camera, network, storage, gpu,
           display, other)
BERTH_ENUM(DockAction, forward, reseat, ignore, ask)
BERTH_ENUM(SelfOpen, render_node, display, sound, ipc_namespace)
BERTH_ENUM(Refusal, not_authorized, no_such_seat, seat_busy, seat_taken, seat_held, seat_empty, no_such_job,
           job_not_cancellable, bad_profile, no_terminals, invalid_argument, shutting_down, no_such_client,
           client_state, name_taken, grant_denied)

// What nlohmann/json's macro declares is its own affair.
// NOLINTBEGIN(misc-const-correctness)
BERTH_STRUCT(VtClaim, vt, home, keyboard_mode)
BERTH_STRUCT(RestoreReport, verified, found, done, remaining, took_us)
BERTH_STRUCT(DoorPaths, door, runtime, machine_id_file, machine_id, system_bus)
BERTH_STRUCT(SeatLease, session, vt, leader)
BERTH_STRUCT(HostFacts, virtual_terminals, graphics, logind, groups)
BERTH_STRUCT(Leftover, seat, container, init_pid, vt, paused)
BERTH_STRUCT(Failure, step, code, message)
BERTH_STRUCT(UpPlan, profile, mode)
BERTH_STRUCT(Device, path, kind, seat, node, id, name, companion, built_in)
BERTH_STRUCT(Dock, id, name, path, companion, has, nodes, rule, displays)
BERTH_STRUCT(Display, id, name)
BERTH_STRUCT(KnownDock, id, name, seat, has, seen)
BERTH_STRUCT(DockMatch, id, name, has, display)
BERTH_STRUCT(DockProfile, name, description, match, on_dock, on_undock, grace_s, question, answer_s, docked_command,
             undocked_command)
BERTH_STRUCT(DockQuestion, dock, docked)
BERTH_STRUCT(Equipment, docks, cards)
BERTH_STRUCT(Seat, name, state, since, step, serial, job, plan, next, door, vt, lease, container, init_pid, made_with,
             lent, may_run, paused, session_ready, now, leave_after_step, retrying, start_deadline, facts, failure,
             last_failure, failed_starts, restore_attempts, devices, displays, docks, seated_with, reseat_at, asked,
             question, declined, greeted, announced, gone)
BERTH_STRUCT(Job, id, kind, state, seat, client, phase, progress, message, error, owner, exit_code)
BERTH_STRUCT(EndedJob, job, ended)
BERTH_STRUCT(Refused, refusal, message)
BERTH_STRUCT(Caller, bus_name, uid, self, desktop)
BERTH_STRUCT(ClientPlan, app, command, streamed, terminal, caller, wishes, foreign, image_seen)
BERTH_STRUCT(ForeignMount, path, number, made)
BERTH_STRUCT(LeaseEnd, at, with, is_due)
BERTH_STRUCT(GrantParts, items, environment, nodes, ports)
BERTH_STRUCT(ClientDoor, door, parts)
BERTH_STRUCT(Client, id, seat, state, since, step, serial, job, work, plan, grants, ends, pending, asks, queue, door,
             container, devices, device_rules, mounts, init_pid, may_run, has_run, was_kept, paused, streams_open,
             refresh, now, leave_after_step, stop_ms, exit_code, failure)
BERTH_STRUCT(RunRequest, app, is_image, argv, name, keep, seat, grants, environment, user, network, working_directory,
             volumes, streamed, terminal, labels)
BERTH_STRUCT(StopRequest, client, timeout_ms)
BERTH_STRUCT(FreezeClientRequest, client, frozen)
BERTH_STRUCT(SnapshotClientRequest, client, tag)
BERTH_STRUCT(GrantRequest, client, grants, until, with_connection)
BERTH_STRUCT(RevokeRequest, client, grants)
BERTH_STRUCT(ExecRequest, client, argv, environment, user, working_directory, terminal)
BERTH_STRUCT(LogsRequest, client, follow, tail)
BERTH_STRUCT(SignalRequest, client, signal)
BERTH_STRUCT(ResizeRequest, job, rows, columns)
BERTH_STRUCT(OpenRequest, client, what)
BERTH_STRUCT(AttachRequest, container, grants, name, seat)
BERTH_STRUCT(ExitFacts, exit_code)
BERTH_STRUCT(ContainerFound, container, image, init_pid, paused)
BERTH_STRUCT(ContainerJoined, init_pid, mounts)
BERTH_STRUCT(UpRequest, seat, desktop, mode, image)
BERTH_STRUCT(DownRequest, seat, now)
BERTH_STRUCT(ReseatRequest, seat, reason)
BERTH_STRUCT(RestoreTtyRequest, seat)
BERTH_STRUCT(FreezeRequest, seat)
BERTH_STRUCT(ThawRequest, seat)
BERTH_STRUCT(SnapshotRequest, seat, tag)
BERTH_STRUCT(CancelRequest, job)
BERTH_STRUCT(ContainerCreated, container, devices, device_rules)
BERTH_STRUCT(InitStarted, pid)

BERTH_TAG(UpRequest)
BERTH_TAG(DownRequest)
BERTH_TAG(ReseatRequest)
BERTH_TAG(RestoreTtyRequest)
BERTH_TAG(FreezeRequest)
BERTH_TAG(ThawRequest)
BERTH_TAG(SnapshotRequest)
BERTH_TAG(CancelRequest)
BERTH_TAG(RunRequest)
BERTH_TAG(StopRequest)
BERTH_TAG(FreezeClientRequest)
BERTH_TAG(SnapshotClientRequest)
BERTH_TAG(GrantRequest)
BERTH_TAG(RevokeRequest)
BERTH_TAG(ExecRequest)
BERTH_TAG(LogsRequest)
BERTH_TAG(SignalRequest)
BERTH_TAG(ResizeRequest)
BERTH_TAG(OpenRequest)
BERTH_TAG(AttachRequest)
BERTH_TAG(ClientDoor)
BERTH_TAG(ExitFacts)
BERTH_TAG(ContainerFound)
BERTH_TAG(ContainerJoined)
BERTH_TAG(Failure)
BERTH_TAG(ContainerCreated)
BERTH_TAG(InitStarted)
BERTH_TAG(VtClaim)
BERTH_TAG(DoorPaths)
BERTH_TAG(RestoreReport)
BERTH_TAG(SeatLease)
BERTH_TAG(JobId)
BERTH_TAG(Refused)
BERTH_TAG(ClientId)

template <>
struct Tag<std::monostate> {
    static constexpr const char* name = "Nothing";
};

using EnvironmentMap = std::map<std::string, std::string>;

template <>
struct Tag<EnvironmentMap> {
    static constexpr const char* name = "Environment";
};

/// The alternatives of Reply::answer.
using Answer = decltype(Reply::answer);

} // namespace berth::model

BERTH_VARIANT(berth::model::Request)
BERTH_VARIANT(berth::model::StepFacts)
BERTH_VARIANT(berth::model::Answer)

namespace berth::model {

BERTH_STRUCT(Configured, seats, host, last_job)
BERTH_STRUCT(LeftoversFound, leftovers, kept, client_leftovers, kept_clients, doors)
BERTH_STRUCT(Called, token, caller, request)
BERTH_STRUCT(Authorized, token, allowed, reason)
BERTH_STRUCT(ProfileRead, token, profile, error)
BERTH_STRUCT(StepFinished, seat, serial, step, facts, error)
BERTH_STRUCT(InitExited, seat, pid)
BERTH_STRUCT(PausedChanged, seat, pid, paused)
BERTH_STRUCT(LeaseLost, seat, reason)
BERTH_STRUCT(SessionReady, seat, facts)
BERTH_STRUCT(TimerFired, seat, serial)
BERTH_STRUCT(DevicesChanged, seat, devices)
BERTH_STRUCT(HardwareChanged, devices)
BERTH_STRUCT(DocksRead, profiles)
BERTH_STRUCT(DesktopAnswered, seat, question, yes, why)
BERTH_STRUCT(SeatAppeared, seat)
BERTH_STRUCT(SeatGone, seat)
BERTH_STRUCT(ShutdownRequested, keep_desktops)
BERTH_STRUCT(AppRead, token, app, error, wishes, image_seen)
BERTH_STRUCT(ClientStepFinished, client, serial, step, facts, error)
BERTH_STRUCT(ClientExited, client, pid)
BERTH_STRUCT(ClientPausedChanged, client, pid, paused)
BERTH_STRUCT(StreamsEnded, client)
BERTH_STRUCT(ClientTimerFired, client, serial)
BERTH_STRUCT(ExecEnded, job, exit_code, error)
BERTH_STRUCT(OpenEnded, token, error)
BERTH_STRUCT(CallerGone, bus_name)
BERTH_STRUCT(LeaseTimerFired, client, now)
BERTH_STRUCT(SocketsRenewed, seat)
BERTH_STRUCT(ReadApp, token, app, is_image, labels)
BERTH_STRUCT(RunClientStep, client, serial, step, argument)
BERTH_STRUCT(ArmClientTimer, client, serial, after_ms)
BERTH_STRUCT(ClearClientTimer, client)
BERTH_STRUCT(WatchClient, client, pid)
BERTH_STRUCT(PublishClient, client, reason)
BERTH_STRUCT(WithdrawClient, client)
BERTH_STRUCT(RunExec, job, token, request)
BERTH_STRUCT(RunLogs, job, token, request)
BERTH_STRUCT(SignalClient, client, signal)
BERTH_STRUCT(ResizeTerminal, job, client, rows, columns)
BERTH_STRUCT(DropStreams, token)
BERTH_STRUCT(UndoJoin, init_pid, mounts)
BERTH_STRUCT(EndStreams, client)
BERTH_STRUCT(RecordGrant, client, grant, what, who, reason)
BERTH_STRUCT(OpenForClient, token, client, what)
BERTH_STRUCT(ArmLeaseTimer, client, at)
BERTH_STRUCT(ClearLeaseTimer, client)
BERTH_STRUCT(WatchCaller, bus_name)
BERTH_STRUCT(WatchSockets, seat, on)
BERTH_STRUCT(Reply, token, answer)
BERTH_STRUCT(Authorize, token, caller, action)
BERTH_STRUCT(ReadProfile, token, seat, desktop, mode)
BERTH_EMPTY(FindLeftovers)
BERTH_STRUCT(RunStep, seat, serial, step, argument)
BERTH_STRUCT(ArmTimer, seat, serial, after_ms)
BERTH_STRUCT(ClearTimer, seat)
BERTH_STRUCT(WatchInit, seat, pid)
BERTH_STRUCT(PublishSeat, seat, state_changed, old_state, new_state, reason)
BERTH_STRUCT(WithdrawSeat, seat)
BERTH_EMPTY(PublishHardware)
BERTH_STRUCT(PublishDock, seat, docked, dock)
BERTH_EMPTY(ReadDocks)
BERTH_STRUCT(ShareSound, seat)
BERTH_STRUCT(ShareRender, seat, came, gone)
BERTH_STRUCT(AskDesktop, seat, question, command, environment, limit_s)
BERTH_STRUCT(PublishJob, job)
BERTH_STRUCT(PrintOnTty, seat, vt, text)
BERTH_STRUCT(SwitchVt, seat, from, to)
BERTH_EMPTY(Exit)
BERTH_STRUCT(PendingCall, caller, request)

BERTH_TAG(Configured)
BERTH_TAG(LeftoversFound)
BERTH_TAG(Called)
BERTH_TAG(Authorized)
BERTH_TAG(ProfileRead)
BERTH_TAG(StepFinished)
BERTH_TAG(InitExited)
BERTH_TAG(PausedChanged)
BERTH_TAG(LeaseLost)
BERTH_TAG(SessionReady)
BERTH_TAG(TimerFired)
BERTH_TAG(DevicesChanged)
BERTH_TAG(HardwareChanged)
BERTH_TAG(DocksRead)
BERTH_TAG(DesktopAnswered)
BERTH_TAG(PublishHardware)
BERTH_TAG(PublishDock)
BERTH_TAG(ReadDocks)
BERTH_TAG(ShareSound)
BERTH_TAG(ShareRender)
BERTH_TAG(AskDesktop)
BERTH_TAG(SeatAppeared)
BERTH_TAG(SeatGone)
BERTH_TAG(ShutdownRequested)
BERTH_TAG(Reply)
BERTH_TAG(Authorize)
BERTH_TAG(ReadProfile)
BERTH_TAG(FindLeftovers)
BERTH_TAG(RunStep)
BERTH_TAG(ArmTimer)
BERTH_TAG(ClearTimer)
BERTH_TAG(WatchInit)
BERTH_TAG(PublishSeat)
BERTH_TAG(WithdrawSeat)
BERTH_TAG(PublishJob)
BERTH_TAG(PrintOnTty)
BERTH_TAG(SwitchVt)
BERTH_TAG(Exit)
BERTH_TAG(AppRead)
BERTH_TAG(ClientStepFinished)
BERTH_TAG(ClientExited)
BERTH_TAG(ClientPausedChanged)
BERTH_TAG(StreamsEnded)
BERTH_TAG(ClientTimerFired)
BERTH_TAG(ExecEnded)
BERTH_TAG(OpenEnded)
BERTH_TAG(CallerGone)
BERTH_TAG(LeaseTimerFired)
BERTH_TAG(SocketsRenewed)
BERTH_TAG(ReadApp)
BERTH_TAG(RunClientStep)
BERTH_TAG(ArmClientTimer)
BERTH_TAG(ClearClientTimer)
BERTH_TAG(WatchClient)
BERTH_TAG(PublishClient)
BERTH_TAG(WithdrawClient)
BERTH_TAG(RunExec)
BERTH_TAG(RunLogs)
BERTH_TAG(SignalClient)
BERTH_TAG(ResizeTerminal)
BERTH_TAG(DropStreams)
BERTH_TAG(UndoJoin)
BERTH_TAG(EndStreams)
BERTH_TAG(RecordGrant)
BERTH_TAG(OpenForClient)
BERTH_TAG(ArmLeaseTimer)
BERTH_TAG(ClearLeaseTimer)
BERTH_TAG(WatchCaller)
BERTH_TAG(WatchSockets)

} // namespace berth::model

BERTH_VARIANT(berth::model::Happening)
BERTH_VARIANT(berth::model::Effect)

namespace berth::model {

BERTH_STRUCT(Event, at, what)
BERTH_STRUCT(World, host, seats, clients, jobs, calls, hardware, hardware_known, dock_profiles, last_job, last_client,
             client_serial, last_serial, leftovers_asked_for, shutting_down, keeps_desktops)

// NOLINTEND(misc-const-correctness)

nlohmann::json to_value(const World& world) {
    return world;
}

nlohmann::json to_value(const Seat& seat) {
    return seat;
}

nlohmann::json to_value(const Client& client) {
    return client;
}

nlohmann::json to_value(const KnownDock& dock) {
    return dock;
}

nlohmann::json to_value(const Job& job) {
    return job;
}

nlohmann::json to_value(const EndedJob& job) {
    return job;
}

nlohmann::json to_value(const Event& event) {
    return event;
}

nlohmann::json to_value(const Effect& effect) {
    return effect;
}

World world_from(const nlohmann::json& value) {
    return value.get<World>();
}

Seat seat_from(const nlohmann::json& value) {
    return value.get<Seat>();
}

Client client_from(const nlohmann::json& value) {
    return value.get<Client>();
}

KnownDock known_dock_from(const nlohmann::json& value) {
    return value.get<KnownDock>();
}

Job job_from(const nlohmann::json& value) {
    return value.get<Job>();
}

EndedJob ended_job_from(const nlohmann::json& value) {
    return value.get<EndedJob>();
}

Event event_from(const nlohmann::json& value) {
    return value.get<Event>();
}

Effect effect_from(const nlohmann::json& value) {
    return value.get<Effect>();
}

namespace {

/// Callers' strings may be no UTF-8; a line for people shows that and does not throw.
std::string line_of(const nlohmann::json& value) {
    return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace

std::string describe(const Event& event) {
    return line_of(nlohmann::json(event.what));
}

std::string describe(const Effect& effect) {
    return line_of(nlohmann::json(effect));
}

} // namespace berth::model
