#include "grants/kinds.hpp"

namespace berth::grants {

/// The seat's video4linux nodes. Programs look for /dev/videoN by that name: at creation they are there; live they are
/// in /run/berth/camera, and BERTH_CAMERAS lists them.
Result<Offer> camera(const Surroundings& from) {
    if (from.shares.cameras.empty()) {
        return lacking("camera", "seat " + from.seat.name.value + " has no camera");
    }
    Offer result = nodes_in("camera", "/dev/", from.shares.cameras, from.shares);
    std::string list;
    for (const model::DoorItem& item : result.items) {
        if (item.kind == model::DoorItem::Kind::node) {
            list.append(list.empty() ? "" : ":").append(door_path).append("/").append(item.name);
        }
    }
    result.environment["BERTH_CAMERAS"] = list;
    result.creation.devices = from.shares.cameras;
    return result;
}

} // namespace berth::grants
