#pragma once

#include "model/world.hpp"

#include <cstdint>
#include <span>

namespace berth::policy {

/// One row of the seat's transition table: what a step is, which state shows it, and what follows.
///
/// A bring-up walks the rows from check_image, a tear-down from unpause (or from restore_tty when the desktop died by
/// itself). A step that does not apply to the seat (no VT was claimed, nothing runs, …) is passed over, so one table
/// serves every mode and every failure, and an unwinding undoes just what was done.
struct StepRow {
    model::Step step;
    model::SeatState state; ///< the seat's state while the step runs
    model::Step next;       ///< on success; `none` ends the chain
    model::Step on_failure; ///< `unpause`: unwind; else the tear-down step that goes on regardless; `none` as `next`
    bool interruptible;     ///< a cancelled job leaves it at once; else the tear-down waits for its end or its limit
    enum class Chain { up, down, in_place } chain;
    double progress;      ///< of the chain when the step begins, 0..1
    const char* sentence; ///< for a person
};

/// The whole table, bring-up first.
std::span<const StepRow> step_table() noexcept;

/// The row of `step`; `step` must not be `none`.
const StepRow& row_of(model::Step step) noexcept;

/// Whether `step` stands above `other` in the table; `none` stands below all.
bool comes_before(model::Step step, model::Step other) noexcept;

/// Whether the step has anything to do on this seat.
bool applies(model::Step step, const model::Seat& seat) noexcept;

/// `step` if it applies, else the first row after it that does; `none` at the chain's end.
model::Step first_applicable(model::Step step, const model::Seat& seat) noexcept;

/// The step's time limit in milliseconds, at `now`.
std::int64_t limit_ms(model::Step step, const model::Seat& seat, model::Microseconds now) noexcept;

} // namespace berth::policy
