#pragma once

#include "effects/runner.hpp"

namespace berth::effects {

/// What a step may use while it starts. Ports outlive it; the rest is read during the call only.
struct StepContext {
    const Ports& ports;
    const RunnerOptions& options;
    const model::HostFacts& host;
};

using StepDone = std::function<void(model::StepFacts)>;
using StepFailed = std::function<void(const Error&)>;

/// Starts one step on a seat. Ends with exactly one call of `done` or `failed`, at once or later. Every tear-down step
/// is idempotent: what is gone already is a success.
void run_step(const StepContext& context, const model::Seat& seat, const model::RunStep& step, StepDone done,
              StepFailed failed);

} // namespace berth::effects
