#include "grants/kinds.hpp"

namespace berth::grants {

/// The seat's input nodes: who has them hears every key that is typed on the seat.
Result<Offer> input(const Surroundings& from) {
    std::vector<std::string> nodes;
    for (const std::string& node : from.seat.devices) {
        if (node.starts_with("/dev/input/")) {
            nodes.push_back(node);
        }
    }
    if (nodes.empty()) {
        return lacking("input", "seat " + from.seat.name.value + " has no input device");
    }
    return nodes_in("input", "/dev/input/", nodes, from.shares);
}

} // namespace berth::grants
