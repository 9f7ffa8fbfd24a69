#include "grants/kinds.hpp"

namespace berth::grants {

/// Where clients of PulseAudio look (pulse-client.conf(5)): its socket, PULSE_RUNTIME_PATH, and the link
/// ~/.config/pulse/MACHINE-ID-runtime, which old ones follow.
Result<Offer> pulse(const Surroundings& from) {
    const auto runtime = runtime_of("pulse", from);
    if (!runtime) {
        return runtime.error();
    }
    const std::string folder = std::string{door_path} + "/pulse";
    Offer result;
    result.items.push_back({"pulse/native", model::DoorItem::Kind::socket, *runtime, "pulse/native"});
    result.environment["PULSE_SERVER"] = "unix:" + folder + "/native";
    result.environment["PULSE_RUNTIME_PATH"] = folder;
    if (const std::string& id = from.seat.door->machine_id; !id.empty()) {
        result.creation.links["~/.config/pulse/" + id + "-runtime"] = folder;
    }
    return result;
}

} // namespace berth::grants
