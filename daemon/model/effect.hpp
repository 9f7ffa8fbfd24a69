#pragma once

#include "model/event.hpp"
#include "model/job.hpp"
#include "model/refusal.hpp"

namespace berth::model {

/// Answers a call: nothing, a job, or a refusal.
struct Reply {
    CallToken token;
    std::variant<std::monostate, JobId, Refused> answer;

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

/// Every seat is vacant or held after ShutdownRequested: the daemon may exit.
struct Exit {
    bool operator==(const Exit&) const = default;
};

using Effect = std::variant<Reply, Authorize, ReadProfile, FindLeftovers, RunStep, ArmTimer, ClearTimer, WatchInit,
                            PublishSeat, WithdrawSeat, PublishJob, PrintOnTty, SwitchVt, Exit>;

} // namespace berth::model
