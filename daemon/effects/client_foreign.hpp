#pragma once

#include "effects/client_steps.hpp"

/// The steps of a client whose container berth did not make: find, join, part.
namespace berth::effects {

/// failed: there is no such container, or it does not run.
void find_container(const ClientContext& context, const model::Client& client, StepDone done, StepFailed failed);

/// Shows the door as /run/berth in there, and its folders at the paths where programs look, where nothing is.
void join_container(const ClientContext& context, const model::Client& client, StepDone done, StepFailed failed);

/// Takes away what `join` put there, and the device rules of all grants. Ok where the container is gone.
void part_from_container(const ClientContext& context, const model::Client& client, StepDone done, StepFailed failed);

} // namespace berth::effects
