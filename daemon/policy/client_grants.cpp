#include "policy/client_grants.hpp"

#include "policy/client_leases.hpp"
#include "policy/client_opens.hpp"
#include "policy/client_rules.hpp"
#include "policy/seat_rules.hpp"

#include <algorithm>

namespace berth::policy {

using namespace model;

namespace {

bool has_part(const Client& client, const Grant& grant) {
    return client.door && client.door->parts.contains(text_of(grant));
}

/// What its door shows and no lease covers: a `give` came late, or a `take` failed.
std::vector<Grant> strays_of(const Client& client) {
    std::vector<Grant> strays;
    for (const auto& [text, parts] : client.door ? client.door->parts : std::map<std::string, GrantParts>{}) {
        if (const auto grant = parse_grant(text); grant && !is_among(client.grants, *grant)) {
            strays.push_back(*grant);
        }
    }
    return strays;
}

std::string who_is(const Caller& caller) {
    return caller.self ? "itself" : "uid " + std::to_string(caller.uid) + " (" + caller.bus_name + ")";
}

std::string listed(const std::vector<Grant>& grants) {
    std::string text;
    for (const Grant& grant : grants) {
        text.append(text.empty() ? "" : ", ").append(text_of(grant));
    }
    return text.empty() ? "nothing" : text;
}

std::optional<Refused> refuse_without_desktop(const World& world, const SeatName& seat, const Grant& grant) {
    const auto found = world.seats.find(seat);
    if (!needs_desktop(grant.kind) || (found != world.seats.end() && found->second.state == SeatState::seated)) {
        return std::nullopt;
    }
    const std::string state = found == world.seats.end() ? "not there" : std::string{name_of(found->second.state)};
    return Refused{Refusal::seat_empty, "Grant '" + text_of(grant) + "' is of a desktop, and seat " + seat.value +
                                            " is " + state + ". Run 'berth up' first."};
}

std::optional<Refused> refuse_one(const World& world, const Client& client, const Grant& grant, const Caller& caller) {
    if (caller.self && !is_among(client.plan.app.grants, grant) && !is_among(client.plan.app.may_ask, grant)) {
        return Refused{Refusal::grant_denied, "Client " + client.id.value + " may not have '" + text_of(grant) +
                                                  "': its profile's grants are " + listed(client.plan.app.grants) +
                                                  ", and it may ask for " + listed(client.plan.app.may_ask) + "."};
    }
    if (!can_be_given_live(grant.kind)) {
        return Refused{Refusal::invalid_argument,
                       "Grant '" + text_of(grant) + "' is given when a container is made, not to one that runs."};
    }
    return refuse_without_desktop(world, client.seat, grant);
}

std::vector<Grant> of_its_desktop(const Client& client) {
    std::vector<Grant> found;
    std::copy_if(client.grants.begin(), client.grants.end(), std::back_inserter(found),
                 [](const Grant& grant) { return needs_desktop(grant.kind) && can_be_given_live(grant.kind); });
    return found;
}

void begin_step(Ledger& ledger, Client& client, std::vector<Grant> grants, Step step, std::optional<CallToken> asks) {
    client.pending = std::move(grants);
    client.asks = asks;
    run_in_place(ledger, client, step, {});
}

std::string asker(Ledger& ledger, const Client& client) {
    const auto call = client.asks ? ledger.world().calls.find(*client.asks) : ledger.world().calls.end();
    return call == ledger.world().calls.end() ? "berthd" : who_is(call->second.caller);
}

/// `given`: what it did not have before.
void answer_asker(Ledger& ledger, Client& client, Step step, const std::optional<Failure>& failure,
                  const std::vector<Grant>& given) {
    if (!client.asks) {
        return;
    }
    const CallToken token = *std::exchange(client.asks, std::nullopt);
    const auto call = ledger.world().calls.extract(token);
    if (call.empty()) {
        return; // berthd's end has refused it
    }
    if (!failure && step == Step::give) {
        note_ends(ledger, client, call.mapped(), given);
    }
    if (failure) {
        ledger.fail(token, *failure);
    } else if (step == Step::give) {
        ledger.reply(token, client.door ? environment_of(*client.door) : std::map<std::string, std::string>{});
    } else {
        ledger.reply(token);
    }
}

std::vector<ClientId> clients_of(const World& world, const SeatName& seat) {
    std::vector<ClientId> found;
    for (const auto& [id, client] : world.clients) {
        if (client.seat == seat) {
            found.push_back(id);
        }
    }
    return found;
}

/// What it has of its desktop, as that is now.
void give_anew(Ledger& ledger, Client& client) {
    client.refresh = true;
    if (client.step == Step::none) {
        take_next(ledger, client);
    }
}

/// A desktop has come up, or is going: what that is to one client of its seat.
void follow_seat(Ledger& ledger, Client& client, SeatState before, SeatState now) {
    const bool shares_ipc = is_among(client.grants, Grant{GrantKind::ipc, {}});
    if (is_at_an_end(client)) {
        return;
    }
    if (shares_ipc && !is_up(now)) {
        const std::string reason = "The desktop whose IPC namespace it shares has ended";
        leave(ledger, client, Failure{Step::none, ErrorCode::cancelled, reason}, reason);
        return;
    }
    if (now == SeatState::seated && before == SeatState::starting && !of_its_desktop(client).empty()) {
        give_anew(ledger, client); // of one that comes up, too: it may have what the earlier desktop showed
    }
}

} // namespace

std::optional<Refused> refuse_grants(const World& world, const Client& client, const std::vector<Grant>& grants,
                                     const Caller& caller) {
    for (const Grant& grant : grants) {
        if (auto refused = is_among(client.grants, grant) ? std::nullopt : refuse_one(world, client, grant, caller)) {
            return refused;
        }
    }
    return std::nullopt;
}

std::optional<Refused> refuse_at_creation(const World& world, const SeatName& seat, const std::vector<Grant>& grants) {
    for (const Grant& grant : grants) {
        if (auto refused = refuse_without_desktop(world, seat, grant)) {
            return refused;
        }
    }
    return std::nullopt;
}

void note_denial(Ledger& ledger, const Request& request, const Caller& caller, const Refused& refused) {
    const auto* const give = std::get_if<GrantRequest>(&request);
    const auto* const open = std::get_if<OpenRequest>(&request);
    if (give != nullptr && ledger.find_client(give->client) != nullptr) {
        ledger.emit(RecordGrant{give->client, listed(give->grants), "denied", who_is(caller), refused.message});
    } else if (open != nullptr && ledger.find_client(open->client) != nullptr) {
        ledger.emit(RecordGrant{open->client, std::string{name_of(grant_for(open->what))}, "denied", who_is(caller),
                                refused.message});
    }
}

void accept_grants(Ledger& ledger, CallToken token, Client& client, const std::vector<Grant>& grants, bool give) {
    if (client.step != Step::none) {
        client.queue.push_back(token);
        return;
    }
    std::vector<Grant> wanted;
    for (const Grant& grant : grants) {
        const bool had =
            is_among(client.grants, grant) || (!give && has_part(client, grant)); // … a `take` may be repeated
        if (had != give && !is_among(wanted, grant)) {
            wanted.push_back(grant);
        }
    }
    if (wanted.empty()) {
        client.asks = token;
        answer_asker(ledger, client, give ? Step::give : Step::take, std::nullopt, {});
        return;
    }
    begin_step(ledger, client, std::move(wanted), give ? Step::give : Step::take, token);
}

void settle_grants(Ledger& ledger, Client& client, Step step, const std::optional<Failure>& failure) {
    if (step != Step::give && step != Step::take) {
        return;
    }
    const std::string who = asker(ledger, client);
    const bool unasked = !client.asks;
    const std::vector<Grant> given_or_taken = std::exchange(client.pending, {});
    for (const Grant& grant : given_or_taken) {
        const std::string why = step == Step::take ? why_due(client, grant) : std::string{};
        const bool given = step == Step::give && !failure;
        if (given && !is_among(client.grants, grant)) {
            client.grants.push_back(grant);
        } else if (step == Step::take) { // whatever became of the effect: it is not a lease any more
            client.grants.erase(std::remove(client.grants.begin(), client.grants.end(), grant), client.grants.end());
            forget_end(ledger, client, grant);
            if (unasked && client.door) { // nobody would ask for it again: its door's end is what is left
                client.door->parts.erase(text_of(grant));
            }
        }
        ledger.emit(RecordGrant{client.id, text_of(grant),
                                step == Step::take ? "taken" : (failure ? "failed" : "given"), who,
                                failure ? failure->message : why});
    }
    answer_asker(ledger, client, step, failure, given_or_taken);
}

bool has_strays(const Client& client) {
    return !strays_of(client).empty();
}

void absorb_late_grants(Ledger& ledger, Client& client, const ClientStepFinished& event) {
    const auto* const found = std::get_if<ClientDoor>(&event.facts);
    if (found == nullptr || !client.door ||
        (event.step != Step::give && event.step != Step::take && event.step != Step::open_door)) {
        return;
    }
    if (event.step == Step::take) {
        for (const Grant& stray : strays_of(client)) {
            if (!found->parts.contains(text_of(stray))) {
                client.door->parts.erase(text_of(stray));
            }
        }
        return;
    }
    for (const auto& [text, parts] : found->parts) {
        client.door->parts.emplace(text, parts);
    }
    if (client.step == Step::give || client.step == Step::take) {
        run_in_place(ledger, client, client.step, {}); // once more: what it began with is not what the door shows now
    }
    client.refresh |= has_strays(client);
    if (client.refresh && client.step == Step::none) {
        take_next(ledger, client);
    }
}

void take_next(Ledger& ledger, Client& client) {
    if (auto due = due_leases(client); !due.empty()) {
        begin_step(ledger, client, std::move(due), Step::take, std::nullopt);
        return;
    }
    if (client.refresh) {
        if (auto strays = strays_of(client); !strays.empty()) {
            begin_step(ledger, client, std::move(strays), Step::take, std::nullopt);
            return;
        }
        client.refresh = false;
        if (auto grants = of_its_desktop(client); !grants.empty()) {
            begin_step(ledger, client, std::move(grants), Step::give, std::nullopt);
            return;
        }
    }
    while (client.step == Step::none && !client.queue.empty()) {
        const CallToken token = client.queue.front();
        client.queue.erase(client.queue.begin());
        const auto call = ledger.world().calls.find(token);
        if (call == ledger.world().calls.end()) {
            continue;
        }
        const PendingCall pending = call->second; // a copy: the call is forgotten meanwhile
        if (const auto* const give = std::get_if<GrantRequest>(&pending.request)) {
            if (const auto refused = refuse_grants(ledger.world(), client, give->grants, pending.caller)) {
                note_denial(ledger, pending.request, pending.caller, *refused);
                ledger.world().calls.erase(call);
                ledger.refuse(token, refused->refusal, refused->message);
            } else {
                accept_grants(ledger, token, client, give->grants, true);
            }
        } else if (const auto* const take = std::get_if<RevokeRequest>(&pending.request)) {
            accept_grants(ledger, token, client, take->grants, false);
        }
    }
}

void answer_waiting(Ledger& ledger, Client& client, const std::string& reason) {
    if (client.asks) {
        client.queue.insert(client.queue.begin(), *std::exchange(client.asks, std::nullopt));
    }
    client.pending.clear();
    for (const CallToken token : std::exchange(client.queue, {})) {
        if (ledger.world().calls.erase(token) != 0) {
            ledger.refuse(token, Refusal::client_state, reason);
        }
    }
}

void on_sockets_renewed(Ledger& ledger, const SocketsRenewed& event) {
    const Seat* const seat = ledger.find_seat(event.seat);
    if (seat == nullptr || seat->state != SeatState::seated) {
        return; // a desktop that comes up is given anew once it is there
    }
    for (const ClientId& id : clients_of(ledger.world(), event.seat)) {
        Client& client = *ledger.find_client(id);
        if (is_alive(client) && !of_its_desktop(client).empty()) {
            give_anew(ledger, client);
        }
    }
}

void follow_changed_seats(Ledger& ledger) {
    for (const auto& [name, before] : ledger.take_changed_seats()) {
        const Seat* const seat = ledger.find_seat(name);
        const SeatState now = seat == nullptr ? SeatState::vacant : seat->state;
        if (is_up(now) != is_up(before)) {
            ledger.emit(WatchSockets{name, is_up(now)});
        }
        for (const ClientId& id : clients_of(ledger.world(), name)) { // one that leaves may disappear
            if (Client* const client = ledger.find_client(id)) {
                follow_seat(ledger, *client, before, now);
            }
        }
    }
}

} // namespace berth::policy
