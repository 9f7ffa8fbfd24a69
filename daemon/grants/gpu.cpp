#include "grants/kinds.hpp"

namespace berth::grants {

/// The seat's render nodes (drm(7)): they draw and show nothing. A card is the desktop's alone.
Result<Offer> gpu(const Surroundings& from) {
    std::vector<std::string> nodes;
    for (const std::string& node : from.seat.devices) {
        if (node.starts_with("/dev/dri/renderD")) {
            nodes.push_back(node);
        }
    }
    if (nodes.empty()) {
        return lacking("gpu", "seat " + from.seat.name.value + " has no render node");
    }
    return nodes_in("dri", "/dev/dri/", nodes, from.shares);
}

} // namespace berth::grants
