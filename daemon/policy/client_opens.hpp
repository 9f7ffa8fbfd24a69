#pragma once

#include "policy/ledger.hpp"

/// Self.Open*: descriptors that are passed to a client for what it has. A lease is what opens: whoever may only ask for
/// a grant asks first. What was passed stays open when the lease ends (model::revocation_of).
namespace berth::policy {

/// Why this cannot be opened for the client now: it has no such lease, or its seat has no desktop.
std::optional<model::Refused> refuse_open(const model::World& world, const model::Client& client, model::SelfOpen what);

/// "display": the grant that it takes.
model::GrantKind grant_for(model::SelfOpen what) noexcept;

void accept_open(Ledger& ledger, model::CallToken token, const model::OpenRequest& open);

/// Looks at the lease again: one that was taken meanwhile opens nothing.
void on_open_ended(Ledger& ledger, const model::OpenEnded& event);

} // namespace berth::policy
