#include "grants/kinds.hpp"

#include <algorithm>
#include <string>

namespace berth::grants {

namespace {

constexpr std::uint16_t pulse_port = 4713; // PulseAudio's own (pulse-client.conf(5), "Server Strings")

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

/// Who listens on the desktop's Pulse socket is given a process of the desktop's own user, and asks for no cookie: that
/// is done at the port.
Result<Offer> sound_by_tcp(const Surroundings& from) {
    const auto runtime = runtime_of("sound:tcp", from);
    if (!runtime) {
        return runtime.error();
    }
    const auto& there = from.shares.sound;
    const std::string seat = from.seat.name.value;
    if (std::find(there.begin(), there.end(), model::pulse_socket) == there.end() || !from.seat.plan) {
        return lacking("sound:tcp", "the desktop of seat " + seat + " has no PulseAudio");
    }
    if (from.cookie.bytes.empty()) {
        return lacking("sound:tcp", "a cookie could not be made");
    }
    const model::DesktopUser& user = from.seat.plan->profile.user;
    Offer result;
    result.ports.push_back({pulse_port, model::LoopbackPort::Speech::pulse, *runtime, model::pulse_socket, user.uid,
                            user.gid, from.cookie.bytes});
    result.items.push_back(
        {"pulse-cookie", model::DoorItem::Kind::file, from.cookie.folder, from.cookie.name, {}, true});
    result.environment["PULSE_SERVER"] = "tcp:127.0.0.1:" + std::to_string(pulse_port);
    result.environment["PULSE_COOKIE"] = std::string{door_path} + "/pulse-cookie";
    return result;
}

} // namespace

/// The desktop's PipeWire socket and the Pulse socket that PipeWire or PulseAudio serves, or the one of them that it
/// has; "sound:pipewire" and "sound:pulse" insist on theirs, and are that alone, as "sound:tcp" is Pulse over TCP.
/// Neither asks for a cookie: pipewire-pulse knows none, and PulseAudio takes who has the desktop user's id.
Result<Offer> sound(const model::Grant& grant, const Surroundings& from) {
    if (grant.argument == "alsa") {
        return alsa(from);
    }
    if (grant.argument == model::over_tcp) {
        return sound_by_tcp(from);
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
