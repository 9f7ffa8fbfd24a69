#pragma once

#include "model/client.hpp"

#include <cstdint>
#include <span>

namespace berth::policy {

/// One row of the table that is the life of a client container: what follows a step, and what state it is in meanwhile.
struct ClientRow {
    enum class Chain { up, down, in_place };

    model::Step step;
    model::ClientState state; ///< entered when the step begins; kept as it is by steps in place
    model::Step next;
    model::Step on_failure; ///< `none` in the chain up: the tear-down begins
    bool interruptible;     ///< nothing lasting is in flight: a tear-down need not wait for its end
    Chain chain;
    double progress; ///< of the job, 0..1
    const char* sentence;
};

/// All rows, in the order in which they run.
std::span<const ClientRow> client_table() noexcept;

const ClientRow& row_of_client(model::Step step) noexcept;

/// Whether there is something to do for the step on this client; a row that has nothing to do is passed over.
bool applies(model::Step step, const model::Client& client) noexcept;

/// `step` or the first after it that applies; `none` at the chain's end.
model::Step first_applicable(model::Step step, const model::Client& client) noexcept;

/// Whether the container outlives its command's end. One that never ran has nothing worth keeping.
bool stays_kept(const model::Client& client) noexcept;

/// Whether somebody or something ends it, other than its command by itself.
bool is_told_to_end(const model::Client& client) noexcept;

/// How long the step may take, in milliseconds; 0: as long as it wants.
std::int64_t limit_ms(model::Step step, const model::Client& client) noexcept;

} // namespace berth::policy
