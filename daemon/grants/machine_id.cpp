#include "grants/kinds.hpp"

namespace berth::grants {

/// The desktop's machine-id (machine-id(5)), by which D-Bus and Pulse clients find what is theirs. At creation it is
/// /etc/machine-id; live it is /run/berth/machine-id.
Result<Offer> machine_id(const Surroundings& from) {
    if (!from.seat.door || from.seat.door->machine_id_file.empty()) {
        return lacking("machine-id", "seat " + from.seat.name.value + " has no desktop");
    }
    const std::string& file = from.seat.door->machine_id_file;
    const auto slash = file.rfind('/');
    Offer result;
    result.items.push_back({"machine-id", model::DoorItem::Kind::file, file.substr(0, slash), file.substr(slash + 1)});
    result.creation.binds = {{file, "/etc/machine-id"}};
    return result;
}

} // namespace berth::grants
