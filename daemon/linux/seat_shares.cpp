#include "linux/seat_shares.hpp"

#include "base/log.hpp"
#include "linux/desktop_cookies.hpp"
#include "linux/door_source.hpp"
#include "linux/shared_memory.hpp"
#include "linux/udev_shares.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <initializer_list>
#include <utility>
#include <vector>

namespace berth::os {
namespace {

using model::GrantKind;

bool has_any(const ports::SeatShares::Kinds& kinds, std::initializer_list<GrantKind> wanted) {
    return std::any_of(wanted.begin(), wanted.end(), [&](GrantKind kind) { return kinds.contains(kind); });
}

Result<std::string> cookies_of(const model::Seat& seat) {
    if (!seat.plan || !seat.door) {
        return std::string{}; // no desktop
    }
    const CookieFile which = seat.plan->mode == model::SeatMode::vt ? CookieFile::own : CookieFile::xwayland;
    return desktop_cookies(seat.door->runtime, which, seat.plan->profile.user.uid);
}

/// Asked for now and mounted later, by then by the same means: what became of it meanwhile is seen there.
std::vector<std::string> sound_of(const model::Seat& seat) {
    std::vector<std::string> found;
    for (const char* socket : {model::pipewire_socket, model::pulse_socket}) {
        if (seat.door && open_source({socket, model::DoorItem::Kind::socket, seat.door->runtime, socket})) {
            found.emplace_back(socket);
        }
    }
    return found;
}

} // namespace

SeatShares::SeatShares(std::string runtime_dir, std::string udev_dir)
    : runtime_dir_{std::move(runtime_dir)}, records_{std::move(udev_dir)} {}

template <class T>
T SeatShares::or_nothing(const model::SeatName& seat, const std::string& what, Result<T> found) {
    std::string& said = said_[seat.value + " " + what];
    if (found) {
        said.clear();
        return std::move(*found);
    }
    if (said != found.error().message) {
        said = found.error().message;
        log::warning("Clients get no " + what + " of seat " + seat.value + ": " + said, {{"BERTH_SEAT", seat.value}});
    }
    return {};
}

void SeatShares::add_node(const model::SeatName& seat, model::SeatShares& shares, const std::string& path) {
    struct stat status {};

    const bool is_there = ::stat(path.c_str(), &status) == 0;
    if (!is_there || !(S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode))) {
        return;
    }
    model::NodeFacts& facts = shares.nodes[path] = {major(status.st_rdev), minor(status.st_rdev), status.st_gid};
    facts.device = std::string{S_ISBLK(status.st_mode) ? "b" : "c"} + std::to_string(facts.major) + ":" +
                   std::to_string(facts.minor);
    facts.record = or_nothing(seat, "record of udev's of " + path, records_.find(facts.device));
}

void SeatShares::add_nodes(const model::Seat& seat, const Kinds& kinds, model::SeatShares& shares) {
    std::vector<std::string> paths;
    for (const auto& [kind, node] : {std::pair{GrantKind::kvm, "/dev/kvm"}, {GrantKind::tun, "/dev/net/tun"}}) {
        if (kinds.contains(kind)) {
            paths.emplace_back(node);
        }
    }
    if (has_any(kinds, {GrantKind::gpu, GrantKind::sound, GrantKind::input})) {
        paths.insert(paths.end(), seat.devices.begin(), seat.devices.end());
    }
    paths.insert(paths.end(), shares.cameras.begin(), shares.cameras.end());
    for (const auto& [ids, list] : shares.usb) {
        paths.insert(paths.end(), list.begin(), list.end());
    }
    for (const std::string& path : paths) {
        add_node(seat.name, shares, path);
    }
}

model::SeatShares SeatShares::read(const model::Seat& seat, const Kinds& kinds) {
    model::SeatShares shares;
    if (has_any(kinds, {GrantKind::camera, GrantKind::usb})) {
        UdevShares devices = or_nothing(seat.name, "cameras and USB devices", udev_shares(seat.name));
        shares.cameras = std::move(devices.cameras);
        shares.usb = std::move(devices.usb);
    }
    if (kinds.contains(GrantKind::display)) {
        shares.xauthority = or_nothing(seat.name, "X cookies", cookies_of(seat));
    }
    if (has_any(kinds, {GrantKind::sound, GrantKind::pulse})) {
        shares.sound = sound_of(seat);
    }
    add_nodes(seat, kinds, shares);
    return shares;
}

model::SeatShares SeatShares::find(const model::Seat& seat, const Kinds& kinds) {
    model::SeatShares shares = read(seat, kinds);
    if (kinds.contains(GrantKind::shm)) {
        shares.shm = or_nothing(seat.name, "shared memory", shared_memory(runtime_dir_, seat.name));
    }
    return shares;
}

model::SeatShares SeatShares::look(const model::Seat& seat) {
    return read(seat, {GrantKind::gpu, GrantKind::sound, GrantKind::pulse, GrantKind::display, GrantKind::input,
                       GrantKind::camera, GrantKind::usb, GrantKind::kvm, GrantKind::tun});
}

} // namespace berth::os
