#include "effects/client_filling.hpp"

#include "base/log.hpp"
#include "effects/client_loopback.hpp"
#include "effects/client_spec.hpp"

#include <algorithm>
#include <memory>
#include <set>

namespace berth::effects {

using namespace model;

namespace {

bool is_in(const std::vector<std::string>& list, const std::string& word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

/// One filling under way.
struct Filling {
    Ports ports;
    Client client;
    ClientDoor before; ///< what is shown, held or not
    ClientDoor after;
    grants::Offer offer;
    SeatShares shares;
    std::vector<std::string> shown; ///< anew, by this filling
    bool filtered{false};           ///< the filter of the session bus was touched
    StepDone done;
    StepFailed failed;
};

using Work = std::shared_ptr<Filling>;

/// An undoing goes as far as it can.
void undo(const Work& work, const Error& error) {
    const Ports& ports = work->ports;
    for (const std::string& name : work->shown) {
        if (!shows(work->before, name)) {
            static_cast<void>(ports.doors.hide(work->client.id, name));
        }
    }
    static_cast<void>(write_environment(ports, work->client.id, held_door(work->client)));
    close_ports_gone(ports, work->client.id, work->after, held_door(work->client));
    if (!work->filtered) {
        work->failed(error);
        return;
    }
    BusFilter filter = *work->offer.bus;
    filter.names = bus_names_in(held_door(work->client));
    if (filter.names.empty()) {
        ports.bus_filters.stop(work->client.id, bus_socket_in(work->after));
        work->failed(error);
    } else {
        ports.bus_filters.start(work->client.id, filter, bus_socket_in(work->after),
                                [work, error](const Result<void>&) { work->failed(error); });
    }
}

/// What was shown before and is not held any more: a desktop may have had a display that the next one does not.
void settle(const Work& work) {
    const Ports& ports = work->ports;
    for (const auto& [grant, parts] : work->before.parts) {
        for (const std::string& name : parts.items) {
            const auto hidden = shows(work->after, name) ? Result<void>{} : ports.doors.hide(work->client.id, name);
            if (!hidden) {
                log::warning(hidden.error().message, {{"BERTH_CLIENT", work->client.id.value}});
            }
        }
    }
    close_ports_gone(ports, work->client.id, work->before, work->after);
    forbid_nodes(ports, work->client, work->after, work->shares, nodes_gone(work->before, work->after),
                 [work](const Result<void>& forbidden) {
                     if (!forbidden) {
                         log::warning(forbidden.error().message, {{"BERTH_CLIENT", work->client.id.value}});
                     }
                     work->ports.device_news.tell(work->client.id, devices_in(work->after));
                     work->done(work->after);
                 });
}

/// A container that was not made yet is made with its rules. What is held may be opened already: a node's number goes
/// with its name (Documentation/admin-guide/devices.txt).
void allow_nodes(const Work& work) {
    ClientDoor given;
    given.parts["offer"].nodes = work->offer.nodes;
    const std::vector<std::string> nodes = nodes_gone(given, held_door(work->client));
    if (nodes.empty() || work->client.init_pid == 0) {
        settle(work);
        return;
    }
    work->ports.device_rules.allow(
        holder_of(work->client, work->after, work->shares), nodes,
        [work](const Result<void>& allowed) { allowed ? settle(work) : undo(work, allowed.error()); });
}

/// The network is there once its container is: of one that was not made yet, `start` opens them.
void open_loopback(const Work& work) {
    if (work->client.init_pid == 0) {
        allow_nodes(work);
        return;
    }
    open_ports(work->ports, work->client.id, work->client.init_pid, work->offer.ports,
               [work](const Result<void>& opened) { opened ? allow_nodes(work) : undo(work, opened.error()); });
}

void filter_bus(const Work& work) {
    if (!work->offer.bus) {
        open_loopback(work);
        return;
    }
    work->filtered = true;
    BusFilter filter = *work->offer.bus;
    filter.names = bus_names_in(work->after);
    work->ports.bus_filters.start(
        work->client.id, filter, bus_socket_in(work->after),
        [work](const Result<void>& started) { started ? open_loopback(work) : undo(work, started.error()); });
}

/// Shows what is not shown as it should be already.
Result<void> show_items(Filling& work) {
    for (const DoorItem& item : work.offer.items) {
        if (work.ports.doors.is_current(work.client.id, item)) {
            continue;
        }
        if (auto done = work.ports.doors.show(work.client.id, item); !done) {
            return done;
        }
        work.shown.push_back(item.name);
    }
    return write_environment(work.ports, work.client.id, work.after);
}

} // namespace

std::string bus_socket_in(const ClientDoor& door) {
    return door.door + "/" + grants::bus_socket;
}

std::vector<std::string> bus_names_in(const ClientDoor& door) {
    std::vector<std::string> names;
    for (const auto& [text, parts] : door.parts) {
        const auto grant = parse_grant(text);
        if (grant && grant->kind == GrantKind::session_bus) {
            const auto own = grants::bus_names(*grant);
            names.insert(names.end(), own.begin(), own.end());
        }
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

ports::SeatShares::Kinds kinds_of(const Client& client) {
    ports::SeatShares::Kinds kinds;
    for (const auto* grants : {&client.grants, &client.pending, &client.plan.app.grants}) {
        for (const Grant& grant : *grants) {
            kinds.insert(grant.kind);
        }
    }
    for (const auto& [text, parts] : client.door.value_or(ClientDoor{}).parts) {
        if (const auto grant = parse_grant(text)) {
            kinds.insert(grant->kind);
        }
    }
    return kinds;
}

ClientDoor held_door(const Client& client) {
    ClientDoor held = client.door.value_or(ClientDoor{});
    std::erase_if(held.parts, [&client](const auto& entry) {
        return std::none_of(client.grants.begin(), client.grants.end(),
                            [&entry](const Grant& grant) { return text_of(grant) == entry.first; });
    });
    return held;
}

bool shows(const ClientDoor& door, const std::string& name) {
    return std::any_of(door.parts.begin(), door.parts.end(), [&name](const auto& entry) {
        const auto& items = entry.second.items;
        return std::find(items.begin(), items.end(), name) != items.end();
    });
}

std::vector<std::string> devices_in(const ClientDoor& door) {
    const std::string folder = std::string{grants::udev_records} + "/";
    std::set<std::string> devices;
    for (const auto& [grant, parts] : door.parts) {
        for (const std::string& item : parts.items) {
            if (item.starts_with(folder)) {
                devices.insert(item.substr(folder.size()));
            }
        }
    }
    return {devices.begin(), devices.end()};
}

std::vector<std::string> nodes_gone(const ClientDoor& before, const ClientDoor& after) {
    std::vector<std::string> kept;
    for (const auto& [grant, parts] : after.parts) {
        kept.insert(kept.end(), parts.nodes.begin(), parts.nodes.end());
    }
    std::vector<std::string> gone;
    for (const auto& [grant, parts] : before.parts) {
        std::copy_if(parts.nodes.begin(), parts.nodes.end(), std::back_inserter(gone), [&](const std::string& node) {
            return std::find(kept.begin(), kept.end(), node) == kept.end() &&
                   std::find(gone.begin(), gone.end(), node) == gone.end();
        });
    }
    return gone;
}

ports::DeviceHolder holder_of(const Client& client, const ClientDoor& door, const SeatShares& shares) {
    ports::DeviceHolder holder{client.container, client.init_pid, {}, {}};
    const auto add = [](std::vector<std::string>& list, const std::string& word, const std::vector<std::string>& made) {
        if (is_in(made, word) && !is_in(list, word)) {
            list.push_back(word);
        }
    };
    for (const auto& [grant, parts] : door.parts) {
        for (const std::string& node : parts.nodes) {
            add(holder.devices, node, client.devices);
            if (const auto facts = shares.nodes.find(node); facts != shares.nodes.end()) {
                add(holder.device_rules, device_rule(facts->second), client.device_rules);
            }
        }
    }
    return holder;
}

void forbid_nodes(const Ports& ports, const Client& client, const ClientDoor& after, const SeatShares& shares,
                  const std::vector<std::string>& nodes, Done<void> done) {
    std::vector<std::string> there;
    std::vector<std::string> vanished;
    std::vector<std::string> made_with;
    for (const std::string& node : nodes) {
        const auto facts = shares.nodes.find(node);
        (facts == shares.nodes.end() ? vanished : there).push_back(node);
        if (facts != shares.nodes.end() &&
            (is_in(client.devices, node) || is_in(client.device_rules, device_rule(facts->second)))) {
            made_with.push_back(node);
        }
    }
    const ports::DeviceHolder holder = holder_of(client, after, shares);
    if (!vanished.empty()) { // nobody can open it; its rule would be good for the next of that number
        ports.device_rules.forbid(holder, vanished, [](const Result<void>&) {});
    }
    const auto forbid = [&rules = ports.device_rules, holder, there, done](const Result<void>& ready) {
        ready ? rules.forbid(holder, there, done) : done(ready.error());
    };
    if (there.empty()) {
        done({});
    } else if (made_with.empty()) {
        forbid({});
    } else { // what the engine set can be taken away when it is berth's: it is, once it was allowed
        const ports::DeviceHolder made{client.container, client.init_pid, client.devices, client.device_rules};
        ports.device_rules.allow(made, made_with, forbid);
    }
}

Result<void> write_environment(const Ports& ports, const ClientId& client, const ClientDoor& door) {
    DoorItem env{"env", DoorItem::Kind::text, {}, {}};
    env.content = grants::environment_text(environment_of(door));
    return ports.doors.show(client, env);
}

void fill_door(const Ports& ports, const Client& client, const std::vector<Grant>& grants,
               const grants::Surroundings& from, StepDone done, StepFailed failed) {
    auto offered = grants::offer_all(grants, from);
    if (!offered) {
        failed(offered.error());
        return;
    }
    const auto work = std::make_shared<Filling>(Filling{ports,
                                                        client,
                                                        client.door.value_or(ClientDoor{}),
                                                        held_door(client),
                                                        std::move(*offered),
                                                        from.shares,
                                                        {},
                                                        false,
                                                        std::move(done),
                                                        std::move(failed)});
    for (auto& [text, parts] : parts_of(grants, from)) {
        work->after.parts[text] = std::move(parts);
    }
    if (const auto shown = show_items(*work); !shown) {
        undo(work, shown.error());
        return;
    }
    filter_bus(work);
}

} // namespace berth::effects
