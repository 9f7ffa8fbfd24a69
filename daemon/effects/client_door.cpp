#include "effects/client_door.hpp"

#include "base/log.hpp"
#include "effects/client_filling.hpp"
#include "effects/client_loopback.hpp"
#include "effects/client_spec.hpp"

#include <algorithm>

namespace berth::effects {

using namespace model;

namespace {

/// What is offered now; what is not stays as it is.
std::vector<Grant> that_can_be_had(const std::vector<Grant>& grants, const grants::Surroundings& from) {
    std::vector<Grant> found;
    std::copy_if(grants.begin(), grants.end(), std::back_inserter(found),
                 [&from](const Grant& grant) { return static_cast<bool>(grants::offer(grant, from)); });
    return found;
}

/// Made for who needs it.
CookieFile cookie_for(const Ports& ports, const Client& client) {
    const Grant sound{GrantKind::sound, std::string{over_tcp}};
    if (!is_among(client.grants, sound) && !is_among(client.pending, sound)) {
        return {};
    }
    const auto cookie = ports.loopbacks.cookie(client.id);
    if (!cookie) {
        log::warning(cookie.error().message, {{"BERTH_CLIENT", client.id.value}});
    }
    return cookie ? *cookie : CookieFile{};
}

/// A container that was kept is run again as it was made: its device rules are those of its first time.
bool was_made_for(const Client& client, const grants::Offer& offer, const SeatShares& shares) {
    const auto has = [](const std::vector<std::string>& list, const std::string& word) {
        return std::find(list.begin(), list.end(), word) != list.end();
    };
    return !client.was_kept || std::all_of(offer.nodes.begin(), offer.nodes.end(), [&](const std::string& node) {
        const auto facts = shares.nodes.find(node);
        return has(client.devices, node) ||
               (facts != shares.nodes.end() && has(client.device_rules, device_rule(facts->second)));
    });
}

/// Without those of its optional ones that the seat lacks.
std::vector<Grant> that_it_starts_with(const Client& client, const grants::Surroundings& from) {
    std::vector<Grant> grants = client.grants;
    std::erase_if(grants, [&](const Grant& grant) {
        if (!is_among(client.plan.app.optional, grant)) {
            return false;
        }
        const auto offer = grants::offer(grant, from);
        return !offer || !was_made_for(client, *offer, from.shares);
    });
    return grants;
}

/// Hides what `before` shows and `after` does not; goes on past a failure, which is the answer.
Result<void> hide_gone(const Ports& ports, const ClientId& client, const ClientDoor& before, const ClientDoor& after) {
    Result<void> worst;
    for (const auto& [grant, parts] : before.parts) {
        for (const std::string& name : parts.items) {
            const auto hidden = shows(after, name) ? Result<void>{} : ports.doors.hide(client, name);
            worst = hidden ? worst : hidden;
        }
    }
    return worst;
}

/// The filter with the names that are left; none where no name is, or no desktop.
void narrow_bus(const ClientContext& context, const Client& client, const ClientDoor& after, Done<void> done) {
    ports::BusFilters& filters = context.ports.bus_filters;
    const std::vector<std::string> names = bus_names_in(after);
    if (names == bus_names_in(*client.door)) {
        done({});
        return;
    }
    const grants::Surroundings from{seat_of(context, client), {}};
    std::optional<BusFilter> filter;
    for (const auto& [text, parts] : after.parts) {
        const auto grant = parse_grant(text);
        if (grant && grant->kind == GrantKind::session_bus) {
            const auto offer = grants::offer(*grant, from);
            filter = offer ? offer->bus : filter;
        }
    }
    if (names.empty() || !filter) {
        filters.stop(client.id, bus_socket_in(after));
        done({});
        return;
    }
    filter->names = names;
    filters.start(client.id, *filter, bus_socket_in(after), std::move(done));
}

void forget_door(const Ports& ports, const Client& client, const std::string& door) {
    ports.client_sockets.close(client.id);
    ports.loopbacks.close_all(client.id);
    ports.bus_filters.stop(client.id, door.empty() ? std::string{} : bus_socket_in(ClientDoor{door, {}}));
}

} // namespace

Seat seat_of(const ClientContext& context, const Client& client) {
    const auto found = context.world.seats.find(client.seat);
    Seat seat = found == context.world.seats.end() ? Seat{} : found->second;
    seat.name = client.seat;
    return seat;
}

void find_surroundings(const ClientContext& context, const Client& client,
                       std::function<void(grants::Surroundings)> found) {
    grants::Surroundings from{seat_of(context, client), {}};
    const auto kinds = kinds_of(client);
    from.shares = context.ports.shares.find(from.seat, kinds);
    from.cookie = cookie_for(context.ports, client);
    if (!kinds.contains(GrantKind::tmp) && !kinds.contains(GrantKind::display)) {
        found(std::move(from)); // the others are not in the seat's /tmp: the engine need not be asked
        return;
    }
    context.ports.engine.volume(tmp_volume(client.seat), [from = std::move(from), found = std::move(found)](
                                                             const Result<std::string>& path) mutable {
        from.shares.tmp = path ? *path : std::string{};
        found(std::move(from));
    });
}

void open_client_door(const ClientContext& context, const Client& client, StepDone done, StepFailed failed) {
    const auto door = context.ports.doors.open(client.id, door_folders());
    if (!door) {
        failed(door.error());
        return;
    }
    Client opened = client;
    opened.door = ClientDoor{*door, {}};
    const Ports& ports = context.ports;
    const StepFailed undone = [ports, opened, failed = std::move(failed)](const Error& error) {
        forget_door(ports, opened, opened.door->door);
        static_cast<void>(ports.doors.close(opened.id)); // an undoing goes as far as it can
        failed(error);
    };
    if (const auto shown = ports.doors.show(opened.id, {grants::udev_control, DoorItem::Kind::text, {}, {}}); !shown) {
        undone(shown.error());
        return;
    }
    find_surroundings(
        context, client, [ports, opened, done = std::move(done), undone](const grants::Surroundings& from) {
            fill_door(
                ports, opened, that_it_starts_with(opened, from), from,
                [ports, opened, done, undone](const StepFacts& filled) {
                    const auto listening = ports.client_sockets.listen(opened, opened.door->door + "/bus");
                    listening ? done(filled) : undone(listening.error());
                },
                undone);
        });
}

void give_grants(const ClientContext& context, const Client& client, StepDone done, StepFailed failed) {
    if (!client.door) {
        failed(Error{ErrorCode::failed, "the client has no door"});
        return;
    }
    find_surroundings(context, client,
                      [ports = context.ports, client, done = std::move(done),
                       failed = std::move(failed)](const grants::Surroundings& from) {
                          fill_door(ports, client, client.pending, from, done, failed);
                      });
}

void take_grants(const ClientContext& context, const Client& client, StepDone done, StepFailed failed) {
    const Ports& ports = context.ports;
    if (!client.door) {
        done({});
        return;
    }
    ClientDoor after = held_door(client);
    for (const Grant& grant : client.pending) {
        after.parts.erase(text_of(grant));
    }
    Result<void> worst = hide_gone(ports, client.id, *client.door, after);
    const auto written = write_environment(ports, client.id, after);
    worst = worst ? written : worst;
    close_ports_gone(ports, client.id, *client.door, after);
    narrow_bus(context, client, after,
               [ports, client, after, worst, shares = ports.shares.find(seat_of(context, client), kinds_of(client)),
                done = std::move(done), failed = std::move(failed)](const Result<void>& narrowed) {
                   const Result<void> so_far = worst ? narrowed : worst;
                   forbid_nodes(ports, client, after, shares, nodes_gone(*client.door, after),
                                [ports, client, so_far, after, done, failed](const Result<void>& forbidden) {
                                    ports.device_news.tell(client.id, devices_in(after));
                                    const Result<void> all = so_far ? forbidden : so_far;
                                    all ? done(after) : failed(all.error());
                                });
               });
}

void adopt_client(const ClientContext& context, const Client& client, StepDone done, StepFailed failed) {
    const auto door = context.ports.doors.adopt(client.id);
    if (!door) {
        failed(door.error());
        return;
    }
    if (const auto listening = context.ports.client_sockets.listen(client, *door + "/bus"); !listening) {
        failed(listening.error());
        return;
    }
    Client adopted = client;
    adopted.door = client.door.value_or(ClientDoor{});
    adopted.door->door = *door;
    find_surroundings(context, client,
                      [ports = context.ports, adopted, done = std::move(done),
                       failed = std::move(failed)](const grants::Surroundings& from) {
                          fill_door(ports, adopted, that_can_be_had(adopted.grants, from), from, done, failed);
                      });
}

void close_client_door(const ClientContext& context, const Client& client, const StepDone& done,
                       const StepFailed& failed) {
    const Ports& ports = context.ports;
    forget_door(ports, client, client.door ? client.door->door : std::string{});
    ports.device_news.forget(client.id);
    ports.processes.forget(client.id);
    ports.freezes.forget(client.id);
    const auto closed = ports.doors.close(client.id);
    closed ? done({}) : failed(closed.error());
}

} // namespace berth::effects
