#pragma once

#include "grants/offer.hpp"

#include <string>
#include <utility>
#include <vector>

namespace berth::test {

inline constexpr const char* desktop_runtime = "/run/berth/seats/seat0/runtime";
inline constexpr const char* tmp_volume = "/var/lib/containers/tmp/_data";

/// A seat that has everything: a desktop that is up, and hardware of each kind.
inline grants::Surroundings a_full_seat() {
    grants::Surroundings from;
    from.seat.name = model::SeatName{"seat0"};
    model::UpPlan plan;
    plan.profile.user = {"ann", 1234, 1235, {}};
    from.seat.plan = plan;
    from.seat.container = "c0ffee";
    from.seat.door = model::DoorPaths{"/run/berth/seats/seat0/door", desktop_runtime,
                                      "/var/lib/berth/seats/seat0/machine-id", "0123456789abcdef0123456789abcdef"};
    from.seat.facts = {{"wayland-display", "wayland-3"}, {"display", ":5.0"}, {"session-type", "wayland"}};
    from.seat.devices = {"/dev/dri/card0", "/dev/dri/renderD128", "/dev/input/event0", "/dev/snd/controlC0"};
    from.shares.tmp = tmp_volume;
    from.shares.shm = "/run/berth/shm/seat0";
    from.shares.sound = {"pipewire-0", "pulse/native"};
    from.shares.xauthority = "a cookie";
    from.cookie = {"/run/berth/ports/vlc", "cookie", "a sound cookie"};
    from.shares.cameras = {"/dev/video0", "/dev/video1"};
    from.shares.usb = {{"046d:c52b", {"/dev/bus/usb/001/004", "/dev/bus/usb/002/001"}}};
    from.shares.nodes = {{"/dev/kvm", {10, 232, 107}}, {"/dev/net/tun", {10, 200, 0}}};
    return from;
}

/// Nothing but its name.
inline grants::Surroundings an_empty_seat() {
    grants::Surroundings from;
    from.seat.name = model::SeatName{"seat0"};
    return from;
}

inline model::Grant a_grant(const std::string& text) {
    return *model::parse_grant(text);
}

/// "socket wayland-0 <- /root + path", for each.
inline std::vector<std::string> told(const std::vector<model::DoorItem>& items) {
    std::vector<std::string> lines;
    for (const model::DoorItem& item : items) {
        using Kind = model::DoorItem::Kind;
        const char* kind = item.kind == Kind::socket      ? "socket"
                           : item.kind == Kind::node      ? "node"
                           : item.kind == Kind::directory ? "directory"
                           : item.kind == Kind::file      ? "file"
                                                          : "text";
        lines.push_back(std::string{kind} + (item.writable ? " rw " : " ") + item.name + " <- " + item.root + " + " +
                        item.path + item.content);
    }
    return lines;
}

} // namespace berth::test
