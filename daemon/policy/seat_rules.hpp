#pragma once

#include "policy/ledger.hpp"

/// The life of one seat: bring-up, tear-down, and what happens to it in between (step_table.hpp has the transitions).
///
///   vacant ─► preparing ─► starting ─► seated ◄─► frozen
///     ▲           └────────────┴──┬───────┘
///     └── restoring ◄── draining ◄┘            restoring ─► held: crash loop, or the TTY could not be verified
///
/// Tearing down is never refused and needs no state to be right; bringing up checks that the seat is vacant.
namespace berth::policy {

/// Nothing of a desktop is on the seat, and nothing is done about one.
[[nodiscard]] inline bool is_at_rest(const model::Seat& seat) noexcept {
    return seat.state == model::SeatState::vacant || seat.state == model::SeatState::held;
}

/// Starts a bring-up on a vacant seat; the seat's job is set already. `after`: the failure that it follows by itself,
/// which stays LastFailure.
void begin_bring_up(Ledger& ledger, model::Seat& seat, model::UpPlan plan,
                    std::optional<model::Failure> after = std::nullopt);

/// Leaves whatever the seat does: at once where the step in flight can be left, else when it has ended.
/// `failure` becomes LastFailure, unless an earlier one of the same bring-up stands.
void leave(Ledger& ledger, model::Seat& seat, std::optional<model::Failure> failure, const std::string& reason);

/// Makes a tear-down that runs kill instead of ask; a step in flight that cannot be left ends first.
void hasten(Ledger& ledger, model::Seat& seat);

/// Runs pause, unpause, commit or adopt on a desktop that is up, without leaving its state.
void run_in_place(Ledger& ledger, model::Seat& seat, model::Step step, const std::string& argument);

/// Restores the TTY of a seat without a desktop.
void restore_vacant(Ledger& ledger, model::Seat& seat);

/// Makes the seat vacant, when nothing of a desktop is left, and ends its job; `held` where it must be.
void vacate(Ledger& ledger, model::Seat& seat);

void on_step_finished(Ledger& ledger, const model::StepFinished& event);
void on_init_exited(Ledger& ledger, const model::InitExited& event);
/// Somebody else paused the desktop or let it go on: the seat is `frozen`, or not any more.
void on_paused_changed(Ledger& ledger, const model::PausedChanged& event);
/// The host's seat was taken away: tears down, and brings up again what was up.
void on_lease_lost(Ledger& ledger, const model::LeaseLost& event);
void on_session_ready(Ledger& ledger, const model::SessionReady& event);
void on_timer_fired(Ledger& ledger, const model::TimerFired& event);

/// SIGTERM: every desktop is taken down, but one that stays (adoption.hpp) where only berthd ends. Exit follows when
/// the last of the others is vacant or held.
void on_shutdown(Ledger& ledger, const model::ShutdownRequested& event);

/// Emits Exit when berthd was told to end and no seat is in its way.
void exit_if_all_is_settled(Ledger& ledger);

} // namespace berth::policy
