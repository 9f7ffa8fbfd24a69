#include "grants/kinds.hpp"

namespace berth::grants {

/// The desktop's IPC namespace and /dev/shm (ipc_namespaces(7)): MIT-SHM, and every holder reads the others' segments.
/// A process cannot be moved there while it runs: at creation only.
Result<Offer> ipc(const Surroundings& from) {
    if (from.seat.container.empty()) {
        return lacking("ipc", "seat " + from.seat.name.value + " has no desktop");
    }
    Offer result;
    result.creation.ipc_of = from.seat.container;
    return result;
}

} // namespace berth::grants
