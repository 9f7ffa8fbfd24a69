#include "policy/client_leases.hpp"

#include "policy/client_grants.hpp"
#include "policy/client_rules.hpp"

#include <algorithm>

namespace berth::policy {

using namespace model;

namespace {

/// Sets the timer to the first of the ends that are to come.
void arm_lease_timer(Ledger& ledger, const Client& client) {
    Microseconds first = 0;
    for (const auto& [grant, end] : client.ends) {
        if (end.at != 0 && !end.is_due && (first == 0 || end.at < first)) {
            first = end.at;
        }
    }
    if (first != 0) {
        ledger.emit(ArmLeaseTimer{client.id, first});
    } else {
        ledger.emit(ClearLeaseTimer{client.id});
    }
}

/// Takes what is due, unless a step is in flight: then its end does.
void take_due(Ledger& ledger, Client& client) {
    if (is_alive(client) && client.step == Step::none && !due_leases(client).empty()) {
        take_next(ledger, client);
    }
}

} // namespace

void note_ends(Ledger& ledger, Client& client, const PendingCall& call, const std::vector<Grant>& given) {
    const auto* const give = std::get_if<GrantRequest>(&call.request);
    if (give == nullptr) {
        return;
    }
    const LeaseEnd wanted{give->until, give->with_connection ? call.caller.bus_name : std::string{}};
    const bool ends = wanted != LeaseEnd{};
    const auto before = client.ends;
    for (const Grant& grant : give->grants) {
        const bool is_new = is_among(given, grant);
        const bool lasts = !is_new && !client.ends.contains(text_of(grant));
        const bool is_its_own = is_among(client.plan.app.grants, grant) || is_among(client.plan.app.may_ask, grant);
        if (lasts || (call.caller.self && !is_new && !is_its_own)) {
            continue;
        }
        if (ends) {
            client.ends[text_of(grant)] = wanted;
        } else {
            client.ends.erase(text_of(grant));
        }
    }
    if (client.ends == before) {
        return;
    }
    arm_lease_timer(ledger, client);
    if (give->with_connection) {
        ledger.emit(WatchCaller{wanted.with});
    }
    ledger.publish(client, "The end of its leases has changed");
}

std::vector<Grant> due_leases(const Client& client) {
    std::vector<Grant> due;
    std::copy_if(client.grants.begin(), client.grants.end(), std::back_inserter(due), [&](const Grant& grant) {
        const auto end = client.ends.find(text_of(grant));
        return end != client.ends.end() && end->second.is_due;
    });
    return due;
}

std::string why_due(const Client& client, const Grant& grant) {
    const auto end = client.ends.find(text_of(grant));
    if (end == client.ends.end() || !end->second.is_due) {
        return {};
    }
    return end->second.with.empty() ? "its time limit has passed"
                                    : "its time limit has passed, or the connection that it was for has ended";
}

void forget_end(Ledger& ledger, Client& client, const Grant& grant) {
    if (client.ends.erase(text_of(grant)) != 0) {
        arm_lease_timer(ledger, client);
    }
}

void forget_ends(Ledger& ledger, Client& client) {
    if (!client.ends.empty()) {
        client.ends.clear();
        arm_lease_timer(ledger, client);
    }
}

void adopt_ends(Ledger& ledger, Client& client) {
    for (auto& [grant, end] : client.ends) {
        end.is_due = end.is_due || !end.with.empty();
    }
    if (!client.ends.empty()) {
        arm_lease_timer(ledger, client);
    }
}

void on_lease_timer_fired(Ledger& ledger, const LeaseTimerFired& event) {
    Client* const client = ledger.find_client(event.client);
    if (client == nullptr || client->ends.empty()) {
        return;
    }
    for (auto& [grant, end] : client->ends) {
        end.is_due = end.is_due || (end.at != 0 && end.at <= event.now);
    }
    arm_lease_timer(ledger, *client);
    take_due(ledger, *client);
}

void on_caller_gone(Ledger& ledger, const CallerGone& event) {
    std::vector<ClientId> concerned;
    for (auto& [id, client] : ledger.world().clients) {
        for (auto& [grant, end] : client.ends) {
            if (end.with == event.bus_name && !end.is_due) {
                end.is_due = true;
                concerned.push_back(id);
            }
        }
    }
    for (const ClientId& id : concerned) {
        Client& client = ledger.world().clients.at(id); // `take` removes none
        arm_lease_timer(ledger, client);
        take_due(ledger, client);
    }
}

} // namespace berth::policy
