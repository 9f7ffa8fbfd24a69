#include "policy/client_attach.hpp"

#include "policy/client_grants.hpp"
#include "policy/client_rules.hpp"
#include "policy/client_runs.hpp"

#include <utility>

namespace berth::policy {

using namespace model;

namespace {

SeatName seat_of(const AttachRequest& attach) {
    return SeatName{attach.seat.empty() ? "seat0" : attach.seat};
}

Client client_of(const AttachRequest& attach) {
    Client client;
    client.id = ClientId{attach.name};
    client.seat = seat_of(attach);
    client.plan.foreign = attach.container;
    client.plan.app.name = attach.container;
    add_each_once(client.plan.app.grants, attach.grants);
    return client;
}

} // namespace

std::optional<Refused> refuse_attach(const World& world, const AttachRequest& attach, const Caller& caller) {
    if (!is_profile_name(attach.container)) {
        return Refused{
            Refusal::invalid_argument,
            "'" + attach.container.substr(0, 80) +
                "' is no container's name: 1 to 64 letters, digits, '.', '_' and '-', a letter or digit first."};
    }
    auto refused = refuse_new_client(world, attach.name, seat_of(attach));
    return refused ? refused : refuse_grants(world, client_of(attach), attach.grants, caller);
}

void accept_attach(Ledger& ledger, CallToken token, const AttachRequest& attach) {
    Client client = client_of(attach);
    if (client.id.value.empty()) {
        client.id = ledger.find_client(ClientId{attach.container}) == nullptr
                        ? ClientId{attach.container}
                        : fresh_name(ledger.world(), attach.container);
    }
    client.since = ledger.now();
    client.asks = token;
    Client& there = ledger.world().clients[client.id] = std::move(client);
    begin(ledger, there);
}

std::optional<Failure> refuse_found(const World& world, const Client& client, const StepFacts& facts) {
    const auto* const found = std::get_if<ContainerFound>(&facts);
    if (found == nullptr) {
        return std::nullopt;
    }
    const auto taken = [&](const std::string& whose) {
        return Failure{Step::find, ErrorCode::invalid_argument,
                       "Container " + client.plan.foreign + " is " + whose + " already."};
    };
    for (const auto& [name, seat] : world.seats) {
        if (seat.container == found->container) {
            return taken("the desktop of seat " + name.value);
        }
    }
    for (const auto& [id, other] : world.clients) {
        if (id != client.id && other.container == found->container) {
            return taken("client " + id.value);
        }
    }
    return std::nullopt;
}

void answer_start(Ledger& ledger, Client& client) {
    if (!client.asks || client.step == Step::give || client.step == Step::take) {
        return;
    }
    const CallToken token = *std::exchange(client.asks, std::nullopt);
    if (ledger.world().calls.erase(token) == 0) {
        return; // berthd's end has refused it
    }
    const bool was_short = client.has_run && !client.failure && !is_foreign(client);
    if (is_alive(client) || was_short) {
        ledger.emit(Reply{token, client.id});
    } else {
        ledger.fail(token, client.failure.value_or(
                               Failure{client.step, ErrorCode::failed, "The container has ended meanwhile"}));
    }
}

} // namespace berth::policy
