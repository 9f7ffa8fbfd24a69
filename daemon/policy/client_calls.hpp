#pragma once

#include "policy/ledger.hpp"

/// What callers may ask of client containers, and when: call_rules.hpp for clients.
namespace berth::policy {

/// Whether the request is about a client, or makes one.
bool is_about_clients(const model::Request& request) noexcept;

/// The polkit action that it needs; for a host's caller who is not root. Empty: none.
const char* client_action_of(const model::Request& request) noexcept;

/// Why it is impossible now.
std::optional<model::Refused> refuse_client_call(const model::World& world, const model::Request& request,
                                                 const model::Caller& caller);

/// Does it; the call is answered now or when its work has ended.
void accept_client_call(Ledger& ledger, model::CallToken token, const model::Request& request,
                        const model::Caller& caller);

/// Ends a job's client, or its command: Job.Cancel on a client's job.
void cancel_client_job(Ledger& ledger, const model::Job& job);

} // namespace berth::policy
