#include "grants/kinds.hpp"

namespace berth::grants {

/// /dev/net/tun, for VPNs in the client's own network namespace; it needs CAP_NET_ADMIN there, which the profile's
/// `capabilities` give.
Result<Offer> tun(const Surroundings& from) {
    return node_of_the_host("tun", "net/tun", "BERTH_TUN", from.shares);
}

} // namespace berth::grants
