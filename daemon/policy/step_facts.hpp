#pragma once

#include "policy/ledger.hpp"

/// What the end of a step says about the seat.
namespace berth::policy {

/// What a step that succeeded changes in the seat.
void apply_facts(Ledger& ledger, model::Seat& seat, const model::StepFinished& event);

/// A step that ran out of time may still have done its work: the seat is taken to have what the step makes, so that
/// the tear-down undoes it. Undoing what was never made is harmless.
void assume_done(model::Seat& seat, model::Step step);

/// Whether `step` makes something that must be undone, and the seat does not know of it, or only assumes it.
bool is_missing(const model::Seat& seat, model::Step step) noexcept;

/// The tear-down step that undoes what `step` makes; `none` when it makes nothing that lasts.
model::Step undoing_of(model::Step step) noexcept;

/// Why the step failed; a restore that is not verified has failed.
std::optional<model::Failure> failure_of(const model::StepFinished& event);

} // namespace berth::policy
