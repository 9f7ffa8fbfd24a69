#include "base/log.hpp"
#include "base/overloaded.hpp"
#include "effects/runner.hpp"
#include "grants/offer.hpp"
#include "model/image_wishes.hpp"
#include "model/json.hpp"

#include <algorithm>

/// The Runner's effects on what clients are passed and for how long, and on what images ask for.
namespace berth::effects {

using namespace model;

namespace {

Grant grant_that_opens(SelfOpen what) {
    switch (what) {
    case SelfOpen::render_node:
        return {GrantKind::gpu, {}};
    case SelfOpen::display:
        return {GrantKind::display, {}};
    case SelfOpen::sound:
        return {GrantKind::sound, "pipewire"};
    case SelfOpen::ipc_namespace:
        return {GrantKind::ipc, {}};
    }
    return {};
}

bool is_wanted(const DoorItem& item, SelfOpen what) {
    switch (what) {
    case SelfOpen::render_node:
        return item.kind == DoorItem::Kind::node;
    case SelfOpen::display:
        return item.name == "wayland-0";
    case SelfOpen::sound:
        return item.name == pipewire_socket;
    case SelfOpen::ipc_namespace:
        return false;
    }
    return false;
}

/// The item of the grant that the descriptor is of: the first render node, the Wayland socket, PipeWire's.
Result<DoorItem> item_for(SelfOpen what, const grants::Surroundings& from) {
    const auto offered = grants::offer(grant_that_opens(what), from);
    if (!offered) {
        return offered.error();
    }
    const auto item = std::find_if(offered->items.begin(), offered->items.end(),
                                   [what](const DoorItem& one) { return is_wanted(one, what); });
    if (item == offered->items.end()) {
        return Error{ErrorCode::failed, "the desktop of seat " + from.seat.name.value + " has no such socket"};
    }
    return *item;
}

Result<UniqueFd> opened(const Ports& ports, const World& world, const OpenForClient& effect) {
    const auto client = world.clients.find(effect.client);
    const auto found = client == world.clients.end() ? world.seats.end() : world.seats.find(client->second.seat);
    if (found == world.seats.end()) {
        return Error{ErrorCode::failed, "the client or its seat is gone"};
    }
    const Seat& seat = found->second;
    if (effect.what == SelfOpen::ipc_namespace) {
        return ports.opens.ipc_namespace(seat.init_pid, seat.container);
    }
    const auto item = item_for(effect.what, {seat, ports.shares.find(seat, {grant_that_opens(effect.what).kind})});
    if (!item) {
        return item.error();
    }
    const DesktopUser user = seat.plan ? seat.plan->profile.user : DesktopUser{};
    return effect.what == SelfOpen::render_node ? ports.opens.node(*item)
                                                : ports.opens.connection(*item, user.uid, user.gid);
}

std::string texts_of(const std::vector<Grant>& grants) {
    std::string text;
    for (const Grant& grant : grants) {
        text.append(text.empty() ? "" : " ").append(text_of(grant));
    }
    return text;
}

} // namespace

/// An image that is not there is the business of the step `check-image`, which says so.
void Runner::read_labels(const ReadApp& effect) {
    ports_.engine.image(effect.app, [this, effect](const Result<ports::ImageInfo>& image) {
        const AppProfile plain = app_of_image(effect.app);
        if (!image && (image.error().code == ErrorCode::image_not_found || !effect.labels)) {
            post_(AppRead{effect.token, plain, {}, {}});
            return;
        }
        const auto wishes = image ? wishes_of(image->labels) : Result<ImageWishes>{image.error()};
        if (wishes && effect.labels) {
            post_(AppRead{effect.token, with_wishes(plain, *wishes), {}, {}, true});
        } else if (wishes || !effect.labels) { // labels that are not in force cannot be wrong
            post_(
                AppRead{effect.token, plain, {}, wishes ? texts_of(wishes->grants) : std::string{}, image.has_value()});
        } else {
            post_(AppRead{effect.token, std::nullopt, wishes.error().message, {}});
        }
    });
}

void Runner::open_for_client(const OpenForClient& effect, const World& world) {
    auto descriptor = opened(ports_, world, effect);
    if (!descriptor) {
        const Error& error = descriptor.error();
        post_(OpenEnded{effect.token,
                        Failure{Step::none, error.code, std::string{name_of(effect.what)} + ": " + error.message}});
        return;
    }
    ports_.client_sockets.hand_over(effect.token, std::move(*descriptor));
    post_(OpenEnded{effect.token, std::nullopt});
}

void Runner::watch_caller(const WatchCaller& effect) {
    const auto gone = [this, name = effect.bus_name] { post_(CallerGone{name}); };
    if (!ports_.client_sockets.watch(effect.bus_name, gone)) {
        ports_.callers.watch(effect.bus_name, gone);
    }
}

void Runner::watch_sockets(const WatchSockets& effect, const World& world) {
    const auto seat = world.seats.find(effect.seat);
    if (effect.on && seat != world.seats.end()) {
        ports_.sockets.watch(seat->second, [this, name = effect.seat] {
            log::info("its desktop has made sockets anew", {{"BERTH_SEAT", name.value}});
            post_(SocketsRenewed{name});
        });
    } else {
        ports_.sockets.forget(effect.seat);
    }
}

void Runner::run_of_leases(const Effect& effect, const World& world) {
    std::visit(Overloaded{
                   [&](const OpenForClient& open) { open_for_client(open, world); },
                   [&](const WatchCaller& watch) { watch_caller(watch); },
                   [&](const WatchSockets& watch) { watch_sockets(watch, world); },
                   [&](const ArmLeaseTimer& timer) {
                       ports_.lease_timers.arm(timer.client, timer.at, [this, id = timer.client](Microseconds now) {
                           post_(LeaseTimerFired{id, now});
                       });
                   },
                   [&](const ClearLeaseTimer& timer) { ports_.lease_timers.clear(timer.client); },
                   [](const auto&) {}, // the others have gone another way
               },
               effect);
}

} // namespace berth::effects
