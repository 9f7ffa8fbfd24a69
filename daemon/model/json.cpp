#include "model/json_support.hpp"

// The parentheses that bugprone-macro-parentheses asks for cannot stand around a type.
// NOLINTBEGIN(bugprone-macro-parentheses)
// An empty struct is {}.
#define BERTH_EMPTY(Type)                                                                                              \
    inline void to_json(nlohmann::json& out, const Type&) {                                                            \
        out = nlohmann::json::object();                                                                                \
    }                                                                                                                  \
    inline void from_json(const nlohmann::json&, Type&) {}

#define BERTH_STRUCT NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT

#define BERTH_ENUM(Type, ...)                                                                                          \
    inline void to_json(nlohmann::json& out, const Type& value) {                                                      \
        out = std::string{name_of(value)};                                                                             \
    }                                                                                                                  \
    inline void from_json(const nlohmann::json& in, Type& value) {                                                     \
        using enum Type;                                                                                               \
        value = enum_from(in, std::array{__VA_ARGS__});                                                                \
    }

#define BERTH_TAG(Type)                                                                                                \
    template <>                                                                                                        \
    struct Tag<Type> {                                                                                                 \
        static constexpr const char* name = #Type;                                                                     \
    };

#define BERTH_VARIANT(Type)                                                                                            \
    template <>                                                                                                        \
    struct nlohmann::adl_serializer<Type> {                                                                            \
        static void to_json(json& out, const Type& value) {                                                            \
            out = berth::model::variant_to(value);                                                                     \
        }                                                                                                              \
        static void from_json(const json& in, Type& value) {                                                           \
            value = berth::model::variant_from<Type>(in);                                                              \
        }                                                                                                              \
    };

// NOLINTEND(bugprone-macro-parentheses)

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

BERTH_ENUM(SeatMode, automatic, headless, vt, logind)
BERTH_ENUM(SeatState, vacant, preparing, starting, seated, frozen, draining, restoring, held)
BERTH_ENUM(Step, none, check_image, open_door, claim_vt, lease_seat, create, check_systemd, start, await_session,
           probe_shell, end_session, stop, kill, release_seat, restore_tty, remove, close_door, adopt, pause, unpause,
           commit)
BERTH_ENUM(JobKind, up, down, reseat, restore_tty, freeze, thaw, snapshot)
BERTH_ENUM(JobState, running, cancelling, done, failed, cancelled)
BERTH_ENUM(Refusal, not_authorized, no_such_seat, seat_busy, seat_taken, seat_held, seat_empty, no_such_job,
           job_not_cancellable, bad_profile, no_terminals, invalid_argument, shutting_down)

// What nlohmann/json's macro declares is its own affair.
// NOLINTBEGIN(misc-const-correctness)
BERTH_STRUCT(DesktopUser, name, uid, gid, groups)
BERTH_STRUCT(DisplaySize, width, height)
BERTH_STRUCT(ProfileVolume, source, target, readonly)
BERTH_STRUCT(ProfileDevice, path, optional)
BERTH_STRUCT(ProfileTimeouts, start_s, end_session_s, stop_s, kill_s)
BERTH_STRUCT(DesktopProfile, name, description, image, user, mode, log_in_again, display, network, devices, volumes,
             environment, probe, timeouts)
BERTH_STRUCT(VtClaim, vt, home, keyboard_mode)
BERTH_STRUCT(RestoreReport, verified, found, done, remaining, took_us)
BERTH_STRUCT(DoorPaths, door, runtime, machine_id_file, machine_id, system_bus)
BERTH_STRUCT(SeatLease, session, vt, leader)
BERTH_STRUCT(HostFacts, virtual_terminals, graphics, logind, groups)
BERTH_STRUCT(Leftover, seat, container, init_pid, vt, paused)
BERTH_STRUCT(Failure, step, code, message)
BERTH_STRUCT(UpPlan, profile, mode)
BERTH_STRUCT(Seat, name, state, since, step, serial, job, plan, next, door, vt, lease, container, init_pid, may_run,
             paused, session_ready, now, leave_after_step, retrying, start_deadline, facts, failure, last_failure,
             failed_starts, restore_attempts, devices, announced, gone)
BERTH_STRUCT(Job, id, kind, state, seat, phase, progress, message, error)
BERTH_STRUCT(Refused, refusal, message)
BERTH_STRUCT(Caller, bus_name, uid)
BERTH_STRUCT(UpRequest, seat, desktop, mode, image)
BERTH_STRUCT(DownRequest, seat, now)
BERTH_STRUCT(ReseatRequest, seat, reason)
BERTH_STRUCT(RestoreTtyRequest, seat)
BERTH_STRUCT(FreezeRequest, seat)
BERTH_STRUCT(ThawRequest, seat)
BERTH_STRUCT(SnapshotRequest, seat, tag)
BERTH_STRUCT(CancelRequest, job)
BERTH_STRUCT(ContainerCreated, container)
BERTH_STRUCT(InitStarted, pid)

BERTH_TAG(UpRequest)
BERTH_TAG(DownRequest)
BERTH_TAG(ReseatRequest)
BERTH_TAG(RestoreTtyRequest)
BERTH_TAG(FreezeRequest)
BERTH_TAG(ThawRequest)
BERTH_TAG(SnapshotRequest)
BERTH_TAG(CancelRequest)
BERTH_TAG(ContainerCreated)
BERTH_TAG(InitStarted)
BERTH_TAG(VtClaim)
BERTH_TAG(DoorPaths)
BERTH_TAG(RestoreReport)
BERTH_TAG(SeatLease)
BERTH_TAG(JobId)
BERTH_TAG(Refused)

template <>
struct Tag<std::monostate> {
    static constexpr const char* name = "Nothing";
};

/// The alternatives of Reply::answer.
using Answer = decltype(Reply::answer);

} // namespace berth::model

BERTH_VARIANT(berth::model::Request)
BERTH_VARIANT(berth::model::StepFacts)
BERTH_VARIANT(berth::model::Answer)

namespace berth::model {

BERTH_STRUCT(Configured, seats, host)
BERTH_STRUCT(LeftoversFound, leftovers, kept)
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
BERTH_STRUCT(SeatAppeared, seat)
BERTH_STRUCT(SeatGone, seat)
BERTH_STRUCT(ShutdownRequested, keep_desktops)
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

} // namespace berth::model

BERTH_VARIANT(berth::model::Happening)
BERTH_VARIANT(berth::model::Effect)

namespace berth::model {

BERTH_STRUCT(Event, at, what)
BERTH_STRUCT(World, host, seats, jobs, calls, last_job, last_serial, leftovers_asked_for, shutting_down, keeps_desktops)

// NOLINTEND(misc-const-correctness)

nlohmann::json to_value(const World& world) {
    return world;
}

nlohmann::json to_value(const Seat& seat) {
    return seat;
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
