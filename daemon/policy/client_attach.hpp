#pragma once

#include "policy/ledger.hpp"

/// Containers that berth did not make and that become clients: looked for, shown a door, and let go of again. Nothing
/// of them is ever stopped or removed.
namespace berth::policy {

/// Why this cannot be attached, before anything is asked of the engine.
std::optional<model::Refused> refuse_attach(const model::World& world, const model::AttachRequest& attach,
                                            const model::Caller& caller);

/// The call waits until the container sees its door.
void accept_attach(Ledger& ledger, model::CallToken token, const model::AttachRequest& attach);

/// Why what `find` has found cannot be this client: it is a desktop's or a client's already.
std::optional<model::Failure> refuse_found(const model::World& world, const model::Client& client,
                                           const model::StepFacts& facts);

/// Whoever waits for its start, an Attach or a desktop's Run, hears what came of it: its name, or why it does not run.
void answer_start(Ledger& ledger, model::Client& client);

} // namespace berth::policy
