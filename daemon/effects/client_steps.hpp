#pragma once

#include "effects/runner.hpp"
#include "effects/steps.hpp"
#include "grants/offer.hpp"

namespace berth::effects {

/// What a client's step may use while it starts. Ports outlive it; the rest is read during the call only.
struct ClientContext {
    const Ports& ports;
    const RunnerOptions& options;
    const model::World& world;
    /// Called when the streams that `attach` connected have ended.
    std::function<void(model::ClientId)> streams_ended;
};

/// Starts one step on a client; ends with exactly one call of `done` or `failed`, at once or later. Tear-down steps are
/// idempotent. `give` is a transaction: what fails undoes all of it, and the error names the grant.
void run_client_step(const ClientContext& context, const model::Client& client, const model::RunClientStep& step,
                     StepDone done, StepFailed failed);

} // namespace berth::effects
