#pragma once

#include "model/event.hpp"
#include "model/job.hpp"
#include "model/refusal.hpp"

namespace berth::model {

/// Answers a call: nothing, a job, a refusal, a failure, or an environment.
struct Reply {
    CallToken token;
    std::variant<std::monostate, JobId, Refused, Failure, std::map<std::string, std::string>, ClientId> answer;

    bool operator==(const Reply&) const = default;
};

/// Asks the authority; ends as Authorized.
struct Authorize {
    CallToken token;
    Caller caller;
    std::string action; ///< polkit action id, "org.berth.seat-up"

    bool operator==(const Authorize&) const = default;
};

/// Reads desktops/NAME.json and checks what it names on this host; ends as ProfileRead.
struct ReadProfile {
    CallToken token;
    SeatName seat;
    std::string desktop;
    std::optional<SeatMode> mode;

    bool operator==(const ReadProfile&) const = default;
};

/// Looks for desktop containers of an earlier berthd; ends as LeftoversFound.
struct FindLeftovers {
    bool operator==(const FindLeftovers&) const = default;
};

/// Runs one step on a seat; ends as StepFinished with the same serial. What the step needs is in the World's seat,
/// which does not change in these parts while the step runs. `argument`: the image of `commit`.
struct RunStep {
    SeatName seat;
    StepSerial serial;
    Step step{Step::none};
    std::string argument;

    bool operator==(const RunStep&) const = default;
};

/// Sets the seat's one timer; ends as TimerFired unless it is set again or cleared first.
struct ArmTimer {
    SeatName seat;
    StepSerial serial;
    std::int64_t after_ms{0};

    bool operator==(const ArmTimer&) const = default;
};

struct ClearTimer {
    SeatName seat;

    bool operator==(const ClearTimer&) const = default;
};

/// Switches to another VT where `from` is the visible one, and does nothing else.
struct SwitchVt {
    SeatName seat;
    std::uint32_t from{0};
    std::uint32_t to{0};

    bool operator==(const SwitchVt&) const = default;
};

/// Watches a desktop's PID 1, and whether its processes are paused; ends as InitExited, PausedChanged in between.
struct WatchInit {
    SeatName seat;
    std::int32_t pid{0};

    bool operator==(const WatchInit&) const = default;
};

/// The seat's properties changed; `state_changed` also emits StateChanged(old, new, reason).
struct PublishSeat {
    SeatName seat;
    bool state_changed{false};
    SeatState old_state{SeatState::vacant};
    SeatState new_state{SeatState::vacant};
    std::string reason;

    bool operator==(const PublishSeat&) const = default;
};

/// The seat is no more: its object goes.
struct WithdrawSeat {
    SeatName seat;

    bool operator==(const WithdrawSeat&) const = default;
};

/// A job is new or its properties changed. When its state is an end, Finished and JobRemoved are emitted and the object
/// goes.
struct PublishJob {
    Job job;

    bool operator==(const PublishJob&) const = default;
};

/// Prints a sentence on a seat's text VT.
struct PrintOnTty {
    SeatName seat;
    std::uint32_t vt{0}; ///< 0: the active one
    std::string text;

    bool operator==(const PrintOnTty&) const = default;
};

/// Reads apps/NAME.json, or the labels of an image, and checks what it names on this host; ends as AppRead.
struct ReadApp {
    CallToken token;
    std::string app;
    bool is_image{false};
    bool labels{false}; ///< what the image's labels ask for is put in force, else only told

    bool operator==(const ReadApp&) const = default;
};

/// Runs one step on a client, as RunStep does on a seat; ends as ClientStepFinished. `argument`: the image of `commit`.
struct RunClientStep {
    ClientId client;
    StepSerial serial;
    Step step{Step::none};
    std::string argument;

    bool operator==(const RunClientStep&) const = default;
};

/// Sets the client's one timer; ends as ClientTimerFired unless it is set again or cleared first.
struct ArmClientTimer {
    ClientId client;
    StepSerial serial;
    std::int64_t after_ms{0};

    bool operator==(const ArmClientTimer&) const = default;
};

struct ClearClientTimer {
    ClientId client;

    bool operator==(const ClearClientTimer&) const = default;
};

/// Watches a client's PID 1, and whether it is paused; ends as ClientExited, ClientPausedChanged in between.
struct WatchClient {
    ClientId client;
    std::int32_t pid{0};

    bool operator==(const WatchClient&) const = default;
};

/// The client is new or its properties changed.
struct PublishClient {
    ClientId client;
    std::string reason; ///< for the journal

    bool operator==(const PublishClient&) const = default;
};

/// The client is no more: its object goes.
struct WithdrawClient {
    ClientId client;

    bool operator==(const WithdrawClient&) const = default;
};

/// Runs a command in a client with the streams that wait under `token`; ends as ExecEnded.
struct RunExec {
    JobId job;
    CallToken token;
    ExecRequest request;

    bool operator==(const RunExec&) const = default;
};

/// Carries a client's log to the descriptors that wait under `token`; ends as ExecEnded.
struct RunLogs {
    JobId job;
    CallToken token;
    LogsRequest request;

    bool operator==(const RunLogs&) const = default;
};

/// Sends a signal to a client's PID 1; what comes of it is seen when it ends.
struct SignalClient {
    ClientId client;
    std::int32_t signal{15};

    bool operator==(const SignalClient&) const = default;
};

/// Sets the size of the terminal of a job's command.
struct ResizeTerminal {
    JobId job;
    ClientId client; ///< of a job of kind `run`; else empty
    std::uint32_t rows{24};
    std::uint32_t columns{80};

    bool operator==(const ResizeTerminal&) const = default;
};

/// Drops the descriptors that wait under a call's token.
struct DropStreams {
    CallToken token;

    bool operator==(const DropStreams&) const = default;
};

/// Stops carrying a client's streams; what has not reached the caller is lost.
struct EndStreams {
    ClientId client;

    bool operator==(const EndStreams&) const = default;
};

/// One record of the journal: a grant was given, denied or taken.
struct RecordGrant {
    ClientId client;
    std::string grant;  ///< "usb:046d:c52b"
    std::string what;   ///< "given", "left out", "denied", "taken", "opened"
    std::string who;    ///< the caller: "uid 1000 (:1.42)", "itself", "its profile"
    std::string reason; ///< one sentence; empty where there is nothing to say

    bool operator==(const RecordGrant&) const = default;
};

/// Opens what a client asked for; ends as OpenEnded. The descriptor waits under the token for the Reply.
struct OpenForClient {
    CallToken token;
    ClientId client;
    SelfOpen what{SelfOpen::render_node};

    bool operator==(const OpenForClient&) const = default;
};

/// Sets the client's one timer of leases; ends as LeaseTimerFired unless it is set again or cleared first. The time
/// during which the host sleeps counts.
struct ArmLeaseTimer {
    ClientId client;
    Microseconds at{0}; ///< CLOCK_BOOTTIME; one that has passed fires at once

    bool operator==(const ArmLeaseTimer&) const = default;
};

struct ClearLeaseTimer {
    ClientId client;

    bool operator==(const ClearLeaseTimer&) const = default;
};

/// Watches a caller's connection; ends as CallerGone, at once where it is gone already. One that is watched stays so.
struct WatchCaller {
    std::string bus_name; ///< Caller::bus_name

    bool operator==(const WatchCaller&) const = default;
};

/// Watches the sockets of the seat's desktop that clients may be given; ends as SocketsRenewed, each time. `on` false:
/// not any more.
struct WatchSockets {
    SeatName seat;
    bool on{true};

    bool operator==(const WatchSockets&) const = default;
};

/// Takes away what a `join` that nobody waits for any more has mounted after all.
struct UndoJoin {
    std::int32_t init_pid{0}; ///< of the container
    std::vector<ForeignMount> mounts;

    bool operator==(const UndoJoin&) const = default;
};

/// Gives the seat's desktop, in mode `logind`, the sound nodes that the seat has now, and takes those that it has no
/// more. What cannot be done is logged.
struct ShareSound {
    SeatName seat;

    bool operator==(const ShareSound&) const = default;
};

/// Lets the seat's desktop, in mode `logind`, open render nodes that came since its container was made, and none that
/// are gone. What cannot be done is logged.
struct ShareRender {
    SeatName seat;
    std::vector<std::string> came;
    std::vector<std::string> gone;

    bool operator==(const ShareRender&) const = default;
};

/// Runs a command in the seat's desktop, as its user in its session; ends as DesktopAnswered with the same number.
struct AskDesktop {
    SeatName seat;
    std::uint64_t question{0}; ///< 0: nobody waits for the answer
    std::vector<std::string> command;
    std::map<std::string, std::string> environment; ///< besides the session's
    std::uint32_t limit_s{60};                      ///< after so many seconds it is ended

    bool operator==(const AskDesktop&) const = default;
};

/// The list of the host's devices changed.
struct PublishHardware {
    bool operator==(const PublishHardware&) const = default;
};

/// A dock came to a seat, or went: DockChanged.
struct PublishDock {
    SeatName seat;
    bool docked{false};
    Dock dock;

    bool operator==(const PublishDock&) const = default;
};

/// Reads the profiles in docks/; ends as DocksRead.
struct ReadDocks {
    bool operator==(const ReadDocks&) const = default;
};

/// Every seat is vacant or held after ShutdownRequested: the daemon may exit.
struct Exit {
    bool operator==(const Exit&) const = default;
};

using Effect = std::variant<Reply, Authorize, ReadProfile, FindLeftovers, RunStep, ArmTimer, ClearTimer, WatchInit,
                            PublishSeat, WithdrawSeat, PublishJob, PrintOnTty, SwitchVt, Exit, ReadApp, RunClientStep,
                            ArmClientTimer, ClearClientTimer, WatchClient, PublishClient, WithdrawClient, RunExec,
                            RunLogs, SignalClient, ResizeTerminal, DropStreams, EndStreams, RecordGrant, OpenForClient,
                            ArmLeaseTimer, ClearLeaseTimer, WatchCaller, WatchSockets, UndoJoin, PublishHardware,
                            PublishDock, ReadDocks, ShareSound, ShareRender, AskDesktop>;

} // namespace berth::model
