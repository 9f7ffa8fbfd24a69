#pragma once

#include "model/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace berth::model {

enum class JobKind { up, down, reseat, restore_tty, freeze, thaw, snapshot, run, exec, logs, stop };

enum class JobState { running, cancelling, done, failed, cancelled };

[[nodiscard]] constexpr bool has_ended(JobState state) noexcept {
    return state == JobState::done || state == JobState::failed || state == JobState::cancelled;
}

/// One piece of long work, an object on the bus until it has ended.
struct Job {
    JobId id;
    JobKind kind{JobKind::up};
    JobState state{JobState::running};
    SeatName seat;
    ClientId client{};          ///< of a client's job, else empty
    std::string phase;          ///< the step's name, e.g. "create"
    double progress{0};         ///< 0..1
    std::string message;        ///< one sentence for a person
    std::string error;          ///< "Name: message" when it failed
    std::string owner{};        ///< bus name of who asked for it; of a client's job
    std::int32_t exit_code{-1}; ///< of a command that has ended; -1: none yet

    bool operator==(const Job&) const = default;
};

/// A job that is over.
struct EndedJob {
    Job job;
    std::int64_t ended{0}; ///< when: CLOCK_REALTIME, in microseconds

    bool operator==(const EndedJob&) const = default;
};

/// The most jobs whose ends are remembered, those that ended last.
inline constexpr std::size_t most_ended_jobs = 32;

} // namespace berth::model
