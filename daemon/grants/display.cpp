#include "grants/kinds.hpp"

#include <algorithm>

namespace berth::grants {

namespace {

using model::DoorItem;

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

} // namespace

/// The desktop's Wayland socket by an absolute WAYLAND_DISPLAY (wayland-client, wl_display_connect), and its X11 socket
/// in /tmp/.X11-unix, with cookies that are good for any host's name (Xauth, FamilyWild).
Result<Offer> display(const Surroundings& from) {
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
        if (!from.shares.xauthority.empty()) {
            result.items.push_back({"xauthority", DoorItem::Kind::text, {}, {}, from.shares.xauthority});
            result.environment["XAUTHORITY"] = std::string{door_path} + "/xauthority";
        }
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
