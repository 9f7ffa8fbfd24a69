#include "policy/client_facts.hpp"

namespace berth::policy {

using namespace model;

namespace {

/// What its profile says that it can do without, and its seat lacks, is no lease.
void leave_out(Ledger& ledger, Client& client, const ClientDoor& door) {
    for (const Grant& grant : client.plan.app.optional) {
        if (!door.parts.contains(text_of(grant)) && std::erase(client.grants, grant) > 0) {
            ledger.emit(RecordGrant{client.id, text_of(grant), "left out", "its profile",
                                    "Seat " + client.seat.value + " lacks it."});
        }
    }
}

} // namespace

void apply_facts(Ledger& ledger, Client& client, Step step, const StepFacts& facts) {
    if (const auto* const created = std::get_if<ContainerCreated>(&facts)) {
        client.container = created->container;
        client.devices = created->devices;
        client.device_rules = created->device_rules;
    } else if (const auto* const started = std::get_if<InitStarted>(&facts)) {
        client.init_pid = started->pid;
        client.has_run = true;
        client.may_run = started->pid != 0;
        if (started->pid != 0) {
            ledger.emit(WatchClient{client.id, started->pid});
        }
    } else if (const auto* const door = std::get_if<ClientDoor>(&facts)) {
        const ClientDoor before = client.door.value_or(ClientDoor{});
        client.door = *door;
        if (step == Step::open_door) {
            leave_out(ledger, client, *door);
            // One that is there already is of an earlier client: what it shows must be known.
            client.door->parts.insert(before.parts.begin(), before.parts.end());
        }
    } else if (const auto* const ended = std::get_if<ExitFacts>(&facts)) {
        client.exit_code = ended->exit_code;
    } else if (const auto* const found = std::get_if<ContainerFound>(&facts)) {
        client.container = found->container;
        client.plan.app.image = found->image;
        client.init_pid = found->init_pid;
        client.paused = found->paused;
        ledger.emit(WatchClient{client.id, found->init_pid});
    } else if (const auto* const joined = std::get_if<ContainerJoined>(&facts)) {
        client.mounts = joined->mounts;
    }
    if (step == Step::part) {
        client.mounts.clear();
    }
    client.streams_open |= step == Step::attach;
    if (step == Step::pause || step == Step::unpause) {
        client.paused = step == Step::pause;
    } else if (step == Step::remove) {
        client.container.clear();
        client.may_run = false;
    } else if (step == Step::close_door) {
        client.door.reset();
    }
}

void assume_done(Client& client, Step step) {
    if (step == Step::open_door && !client.door) {
        client.door = ClientDoor{};
    } else if (step == Step::create && client.container.empty()) {
        client.container = container_name(client.id);
    } else if (step == Step::pause) {
        client.paused = true;
    }
}

void inherit_late(Client& client, const ClientStepFinished& event) {
    const auto* const door = std::get_if<ClientDoor>(&event.facts);
    const auto* const created = std::get_if<ContainerCreated>(&event.facts);
    if (door != nullptr && !client.door) {
        client.door = *door;
    } else if (created != nullptr && client.container.empty()) {
        client.container = created->container;
    }
}

} // namespace berth::policy
