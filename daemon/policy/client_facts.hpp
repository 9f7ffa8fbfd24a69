#pragma once

#include "policy/ledger.hpp"

namespace berth::policy {

/// The client is as the step that has succeeded found or made it.
void apply_facts(Ledger& ledger, model::Client& client, model::Step step, const model::StepFacts& facts);

/// A step that ran out of time may still have done its work.
void assume_done(model::Client& client, model::Step step);

/// An earlier client's door or container has come to one of its name that comes up: its own steps make them anew, and
/// should it not get so far, it has something to undo.
void inherit_late(model::Client& client, const model::ClientStepFinished& event);

} // namespace berth::policy
