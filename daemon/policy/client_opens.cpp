#include "policy/client_opens.hpp"

#include "policy/client_grants.hpp"
#include "policy/client_rules.hpp"

#include <algorithm>

namespace berth::policy {

using namespace model;

namespace {

/// The lease that opens it: of "sound" and what it insists on, PipeWire's is the socket that is passed.
bool opens_with(const Client& client, const Grant& grant, SelfOpen what) {
    const auto end = client.ends.find(text_of(grant));
    const bool is_over = end != client.ends.end() && end->second.is_due;
    return grant.kind == grant_for(what) && (grant.argument.empty() || grant.argument == "pipewire") && !is_over;
}

Refused without_lease(const Client& client, SelfOpen what) {
    const Grant needed{grant_for(what), {}};
    const bool may_ask = is_among(client.plan.app.may_ask, needed);
    return Refused{Refusal::grant_denied, std::string{name_of(what)} + ": client " + client.id.value +
                                              " does not have '" + text_of(needed) + "'" +
                                              (may_ask ? "; it may have it by Request first." : ".")};
}

} // namespace

GrantKind grant_for(SelfOpen what) noexcept {
    switch (what) {
    case SelfOpen::render_node:
        return GrantKind::gpu;
    case SelfOpen::display:
        return GrantKind::display;
    case SelfOpen::sound:
        return GrantKind::sound;
    case SelfOpen::ipc_namespace:
        return GrantKind::ipc;
    }
    return GrantKind::host;
}

std::optional<Refused> refuse_open(const World& world, const Client& client, SelfOpen what) {
    // Its first process may call before the engine's word that it runs has come: it has its door by then.
    if (!is_alive(client) && client.state != ClientState::starting) {
        return Refused{Refusal::client_state,
                       "Client " + client.id.value + " is " + std::string{name_of(client.state)} + "."};
    }
    const bool has_lease = std::any_of(client.grants.begin(), client.grants.end(),
                                       [&](const Grant& grant) { return opens_with(client, grant, what); });
    return has_lease ? refuse_at_creation(world, client.seat, {{grant_for(what), {}}})
                     : std::optional{without_lease(client, what)};
}

void accept_open(Ledger& ledger, CallToken token, const OpenRequest& open) {
    ledger.emit(OpenForClient{token, open.client, open.what});
}

void on_open_ended(Ledger& ledger, const OpenEnded& event) {
    const auto call = ledger.world().calls.find(event.token);
    const auto* const open =
        call == ledger.world().calls.end() ? nullptr : std::get_if<OpenRequest>(&call->second.request);
    if (open == nullptr) {
        return; // berthd's end has refused it
    }
    const PendingCall pending = call->second;
    const auto [id, what] = *open;
    ledger.world().calls.erase(call);
    const Client* const client = ledger.find_client(id);
    const auto refused = client == nullptr ? std::optional{Refused{Refusal::no_such_client, "The client has ended."}}
                                           : refuse_open(ledger.world(), *client, what);
    if (refused) {
        note_denial(ledger, pending.request, pending.caller, *refused);
        ledger.refuse(event.token, refused->refusal, refused->message);
        return;
    }
    ledger.emit(RecordGrant{id, std::string{name_of(grant_for(what))}, event.error ? "failed" : "opened", "itself",
                            event.error ? event.error->message : std::string{name_of(what)}});
    event.error ? ledger.fail(event.token, *event.error) : ledger.reply(event.token);
}

} // namespace berth::policy
