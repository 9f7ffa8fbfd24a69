#include "grants/kinds.hpp"

#include <algorithm>
#include <cstdlib>

namespace berth::grants {

namespace {

using model::DoorItem;

constexpr unsigned x11_port = 6000;   // of display 0; the others follow (Xserver(1))
constexpr unsigned most_ports = 1000; // from there on: higher ones are other services'

std::string fact(const Surroundings& from, const char* name) {
    const auto found = from.seat.facts.find(name);
    return found == from.seat.facts.end() ? std::string{} : found->second;
}

/// A file's name, as the session itself says it: it must not climb.
bool is_plain(const std::string& name) {
    return !name.empty() && name.find('/') == std::string::npos && name != "." && name != "..";
}

/// ":1" or ":1.0" → "1"; empty where it is no local display.
std::string number_of(const std::string& display) {
    if (!display.starts_with(':')) {
        return {};
    }
    const std::string number = display.substr(1, display.find('.') - 1);
    const bool digits = !number.empty() && number.size() <= 5 &&
                        std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
    return digits ? number : std::string{};
}

/// Cookies that are good for any host's name (Xauth, FamilyWild).
void add_cookies(Offer& offer, const Surroundings& from) {
    if (!from.shares.xauthority.empty()) {
        offer.items.push_back({"xauthority", DoorItem::Kind::text, {}, {}, from.shares.xauthority});
        offer.environment["XAUTHORITY"] = std::string{door_path} + "/xauthority";
    }
}

/// X11 alone, at 127.0.0.1 of the client's own network. Without cookies everybody in there, and in what shares its
/// network, would be let in, so it is not offered.
Result<Offer> display_by_tcp(const Surroundings& from) {
    const auto runtime = runtime_of("display:tcp", from);
    if (!runtime) {
        return runtime.error();
    }
    const std::string number = number_of(fact(from, "display"));
    const auto display = static_cast<unsigned>(std::strtoul(number.c_str(), nullptr, 10));
    if (number.empty() || from.shares.tmp.empty() || display >= most_ports) {
        return lacking("display:tcp", "the desktop of seat " + from.seat.name.value + " told of no X11 display");
    }
    if (from.shares.xauthority.empty() || !from.seat.plan) {
        return lacking("display:tcp", "the X server of seat " + from.seat.name.value + " has no cookies");
    }
    const model::DesktopUser& user = from.seat.plan->profile.user;
    Offer result;
    result.ports.push_back({static_cast<std::uint16_t>(x11_port + display), model::LoopbackPort::Speech::x11,
                            from.shares.tmp, ".X11-unix/X" + number, user.uid, user.gid});
    result.environment["DISPLAY"] = "127.0.0.1:" + number;
    result.environment["XDG_SESSION_TYPE"] = "x11";
    add_cookies(result, from);
    return result;
}

} // namespace

/// The desktop's Wayland socket by an absolute WAYLAND_DISPLAY (wayland-client, wl_display_connect), and its X11 socket
/// in /tmp/.X11-unix; "display:tcp" is X11 over TCP alone.
Result<Offer> display(const model::Grant& grant, const Surroundings& from) {
    if (grant.argument == model::over_tcp) {
        return display_by_tcp(from);
    }
    const auto runtime = runtime_of("display", from);
    if (!runtime) {
        return runtime.error();
    }
    Offer result;
    std::vector<std::string> types; // session types whose display is shown
    if (const std::string wayland = fact(from, "wayland-display"); is_plain(wayland)) {
        result.items.push_back({"wayland-0", DoorItem::Kind::socket, *runtime, wayland});
        result.environment["WAYLAND_DISPLAY"] = std::string{door_path} + "/wayland-0";
        types.emplace_back("wayland");
    }
    if (const std::string number = number_of(fact(from, "display")); !number.empty() && !from.shares.tmp.empty()) {
        result.items.push_back({"x11/X" + number, DoorItem::Kind::socket, from.shares.tmp, ".X11-unix/X" + number});
        result.environment["DISPLAY"] = ":" + number;
        types.emplace_back("x11");
        add_cookies(result, from);
    }
    if (result.items.empty()) {
        return lacking("display", "the desktop of seat " + from.seat.name.value + " told of no display");
    }
    // Toolkits choose by it (Qt, Chromium), so it names nothing that they would then not find.
    if (const std::string type = fact(from, "session-type");
        std::find(types.begin(), types.end(), type) != types.end()) {
        result.environment["XDG_SESSION_TYPE"] = type;
    }
    return result;
}

} // namespace berth::grants
