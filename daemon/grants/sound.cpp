#include "grants/kinds.hpp"

#include <algorithm>
#include <string>

namespace berth::grants {

namespace {

/// ALSA's own nodes: past the desktop's mixer, for who insists ("sound:alsa").
Result<Offer> alsa(const Surroundings& from) {
    std::vector<std::string> nodes;
    for (const std::string& node : from.seat.devices) {
        if (node.starts_with("/dev/snd/")) {
            nodes.push_back(node);
        }
    }
    if (nodes.empty()) {
        return lacking("sound:alsa", "seat " + from.seat.name.value + " has no sound card");
    }
    return nodes_in("snd", "/dev/snd/", nodes, from.shares);
}

} // namespace

/// The desktop's PipeWire socket and the Pulse socket that PipeWire or PulseAudio serves, or the one of them that it
/// has; "sound:pipewire" and "sound:pulse" insist on theirs, and are that alone. Neither asks for a cookie:
/// pipewire-pulse knows none, and PulseAudio takes who has the desktop user's id.
Result<Offer> sound(const model::Grant& grant, const Surroundings& from) {
    if (grant.argument == "alsa") {
        return alsa(from);
    }
    const auto runtime = runtime_of("sound", from);
    if (!runtime) {
        return runtime.error();
    }
    const std::string door{door_path};
    const auto& there = from.shares.sound;
    const auto is_given = [&](const char* server, const char* socket) {
        const bool is_wanted = grant.argument.empty() || grant.argument == server;
        return is_wanted && std::find(there.begin(), there.end(), socket) != there.end();
    };
    Offer result;
    if (is_given("pipewire", model::pipewire_socket)) {
        result.items.push_back({"pipewire-0", model::DoorItem::Kind::socket, *runtime, model::pipewire_socket});
        result.environment["PIPEWIRE_REMOTE"] = door + "/pipewire-0";
    }
    if (is_given("pulse", model::pulse_socket)) {
        result.items.push_back({"pulse/native", model::DoorItem::Kind::socket, *runtime, model::pulse_socket});
        result.environment["PULSE_SERVER"] = "unix:" + door + "/pulse/native";
    }
    if (result.items.empty()) {
        const std::string server = grant.argument.empty()
                                       ? "neither PipeWire nor PulseAudio"
                                       : "no " + std::string{grant.argument == "pulse" ? "PulseAudio" : "PipeWire"};
        return lacking(model::text_of(grant), "the desktop of seat " + from.seat.name.value + " has " + server);
    }
    return result;
}

} // namespace berth::grants
