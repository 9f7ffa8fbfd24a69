#include "policy/client_adoption.hpp"

#include "policy/client_leases.hpp"
#include "policy/client_rules.hpp"
#include "policy/seat_rules.hpp"

#include <algorithm>

namespace berth::policy {

using namespace model;

namespace {

const Leftover* leftover_of(const ClientId& id, const LeftoversFound& event) {
    const auto found = std::find_if(event.client_leftovers.begin(), event.client_leftovers.end(),
                                    [&](const Leftover& leftover) { return leftover.seat == id.value; });
    return found == event.client_leftovers.end() ? nullptr : &*found;
}

bool goes_on(const Client& kept, const Leftover& found) {
    return is_alive(kept) && !kept.leave_after_step && kept.container == found.container && kept.init_pid != 0 &&
           kept.init_pid == found.init_pid;
}

/// What belonged to the earlier berthd's own work is gone with it: its calls, its jobs, and the streams of its callers.
Client taken_back(const Client& kept) {
    Client client = kept;
    client.job.reset();
    client.work.reset();
    client.asks.reset();
    client.pending.clear();
    client.queue.clear();
    client.step = Step::none;
    client.streams_open = client.leave_after_step = client.refresh = false;
    client.plan.streamed = false;
    return client;
}

void settle(Ledger& ledger, Client client, const Leftover* found) {
    const bool shuts_down = ledger.world().shutting_down && !ledger.world().keeps_desktops;
    const bool lives = found != nullptr && goes_on(client, *found) && !shuts_down;
    const bool stays_kept = found != nullptr && client.state == ClientState::exited && found->init_pid == 0;
    Client& there = ledger.world().clients[client.id] = taken_back(client);
    if (lives) {
        there.paused = found->paused;
        ledger.enter(there, there.paused ? ClientState::frozen : ClientState::running,
                     "berthd started anew; the client goes on");
        ledger.emit(WatchClient{there.id, there.init_pid});
        adopt_ends(ledger, there);
        run_in_place(ledger, there, Step::adopt, {});
        return;
    }
    there.container = found == nullptr ? std::string{} : found->container;
    if (stays_kept) {
        ledger.publish(there, "berthd started anew; the container is kept");
        return;
    }
    there.init_pid = found == nullptr ? 0 : found->init_pid;
    there.may_run = there.init_pid != 0;
    there.paused = found != nullptr && found->paused;
    there.now = true;
    there.door = ClientDoor{}; // it may be there: undoing what is not is nothing
    there.state = ClientState::preparing;
    if (there.init_pid != 0) {
        ledger.emit(WatchClient{there.id, there.init_pid});
    }
    leave(ledger, there, Failure{Step::none, ErrorCode::failed, "An earlier berthd left it behind"},
          "An earlier berthd left it behind; it is ended");
}

} // namespace

void adopt_clients(Ledger& ledger, const LeftoversFound& event) {
    for (const Client& kept : event.kept_clients) {
        settle(ledger, kept, leftover_of(kept.id, event));
    }
    for (const Leftover& found : event.client_leftovers) {
        const ClientId id{found.seat};
        const bool known = std::any_of(event.kept_clients.begin(), event.kept_clients.end(),
                                       [&](const Client& kept) { return kept.id == id; });
        if (!known) {
            Client unknown;
            unknown.id = id;
            settle(ledger, std::move(unknown), &found);
        }
    }
    for (const ClientId& id : event.doors) { // of clients of which nothing else is left
        if (ledger.find_client(id) == nullptr) {
            Client unknown;
            unknown.id = id;
            settle(ledger, std::move(unknown), nullptr);
        }
    }
    exit_if_all_is_settled(ledger);
}

} // namespace berth::policy
