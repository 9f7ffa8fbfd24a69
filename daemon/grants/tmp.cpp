#include "grants/kinds.hpp"

namespace berth::grants {

/// The seat's /tmp, shared with the desktop and every holder: /tmp at creation, /run/berth/tmp live.
Result<Offer> tmp(const Surroundings& from) {
    if (from.shares.tmp.empty()) {
        return lacking("tmp", "seat " + from.seat.name.value + " has no /tmp volume");
    }
    Offer result;
    result.items.push_back({"tmp", model::DoorItem::Kind::directory, from.shares.tmp, {}, {}, true});
    result.creation.volumes[model::tmp_volume(from.seat.name)] = "/tmp";
    result.environment["BERTH_TMP"] = std::string{door_path} + "/tmp";
    return result;
}

} // namespace berth::grants
