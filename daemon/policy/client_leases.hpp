#pragma once

#include "policy/ledger.hpp"

/// Leases that end by themselves: after a time, or with the connection that asked for them. Whatever ends one, `take`
/// is how it goes, when no other step of its client is in flight.
namespace berth::policy {

/// What the call says of when the grants end that it has given, or found given: `given` are new. The last word is in
/// force, but a lease without an end keeps none, and a client itself changes the end of what its profile names alone.
void note_ends(Ledger& ledger, model::Client& client, const model::PendingCall& call,
               const std::vector<model::Grant>& given);

/// Leases whose end has come.
std::vector<model::Grant> due_leases(const model::Client& client);

/// "its time limit has passed"; empty where its end has not come.
std::string why_due(const model::Client& client, const model::Grant& grant);

/// The lease is no more, and its end with it.
void forget_end(Ledger& ledger, model::Client& client, const model::Grant& grant);

/// No lease of the client ends by itself any more: it ends with all of them.
void forget_ends(Ledger& ledger, model::Client& client);

/// After a restart of berthd: a time limit counts on, and the connections have ended with the earlier berthd.
void adopt_ends(Ledger& ledger, model::Client& client);

void on_lease_timer_fired(Ledger& ledger, const model::LeaseTimerFired& event);
void on_caller_gone(Ledger& ledger, const model::CallerGone& event);

} // namespace berth::policy
