#pragma once

#include "policy/ledger.hpp"

/// What callers may ask for, and when. A call is looked at twice: when it comes, so that an impossible one is refused
/// without asking anybody for a password, and again when the authority (and for `Up` the profile) has answered, since
/// the seat may have changed meanwhile.
namespace berth::policy {

/// The polkit action that a request needs.
const char* action_of(const model::Request& request) noexcept;

/// Why the request is impossible now; nothing when it is possible.
std::optional<model::Refused> refusal_of(const model::World& world, const model::Request& request,
                                         const model::Caller& caller);

void on_called(Ledger& ledger, const model::Called& event);
void on_authorized(Ledger& ledger, const model::Authorized& event);
void on_profile_read(Ledger& ledger, const model::ProfileRead& event);

} // namespace berth::policy
