#include "grants/kinds.hpp"

namespace berth::grants {

/// /dev/net/tun, for VPNs in the client's own network namespace; it needs CAP_NET_ADMIN there, which the profile's
/// `capabilities` give.
Result<Offer> tun(const Surroundings& from) {
    if (!from.shares.nodes.contains("/dev/net/tun")) {
        return lacking("tun", "this host has no /dev/net/tun");
    }
    Offer result;
    result.items.push_back({"tun", model::DoorItem::Kind::node, "/dev", "net/tun"});
    result.nodes = result.creation.devices = {"/dev/net/tun"};
    result.environment["BERTH_TUN"] = std::string{door_path} + "/tun";
    add_record(result, "/dev/net/tun", from.shares);
    return result;
}

} // namespace berth::grants
