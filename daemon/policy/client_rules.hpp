#pragma once

#include "policy/ledger.hpp"

/// The life of one client container (client_table.hpp has the transitions).
///
///   preparing ─► starting ─► running ◄─► frozen
///       └───────────┴──┬────────┘
///                      ▼
///                   ending ─► gone, or exited: kept, and run again by name
///
/// A client that ends by itself has not failed: its exit code is its caller's. Tearing down is never refused.
namespace berth::policy {

/// Its command runs, paused or not.
[[nodiscard]] inline bool is_alive(const model::Client& client) noexcept {
    return client.state == model::ClientState::running || client.state == model::ClientState::frozen;
}

/// Its command is being ended, or has ended and its container is kept.
[[nodiscard]] inline bool is_at_an_end(const model::Client& client) noexcept {
    return client.state == model::ClientState::ending || client.state == model::ClientState::exited;
}

/// Brings it up: from its image, or again as it was kept.
void begin(Ledger& ledger, model::Client& client);

/// Ends it, when the step in flight allows. It may disappear.
void leave(Ledger& ledger, model::Client& client, std::optional<model::Failure> failure, const std::string& reason);

/// A tear-down that asks from now on kills. It may disappear.
void hasten(Ledger& ledger, model::Client& client);

/// Runs a step on a client that is alive and has no step in flight.
void run_in_place(Ledger& ledger, model::Client& client, model::Step step, const std::string& argument);

/// The client has nothing left to do: whoever waits is answered, and it disappears, or is kept.
void vanish(Ledger& ledger, model::Client& client);

void on_client_step_finished(Ledger& ledger, const model::ClientStepFinished& event);
void on_client_exited(Ledger& ledger, const model::ClientExited& event);
void on_client_paused_changed(Ledger& ledger, const model::ClientPausedChanged& event);
void on_streams_ended(Ledger& ledger, const model::StreamsEnded& event);
void on_client_timer_fired(Ledger& ledger, const model::ClientTimerFired& event);
void on_exec_ended(Ledger& ledger, const model::ExecEnded& event);

} // namespace berth::policy
