#include "grants/kinds.hpp"

namespace berth::grants {

/// A folder in memory that every holder of this grant on the seat shares: /dev/shm at creation, /run/berth/shm live.
Result<Offer> shm(const Surroundings& from) {
    if (from.shares.shm.empty()) {
        return lacking("shm", "its folder could not be made");
    }
    Offer result;
    result.items.push_back({"shm", model::DoorItem::Kind::directory, from.shares.shm, {}, {}, true});
    result.creation.binds = {{from.shares.shm, "/dev/shm", true}};
    result.environment["BERTH_SHM"] = std::string{door_path} + "/shm";
    return result;
}

} // namespace berth::grants
