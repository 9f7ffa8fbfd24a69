#include "grants/kinds.hpp"

namespace berth::grants {

/// /dev/kvm; live it is /run/berth/kvm, by BERTH_KVM.
Result<Offer> kvm(const Surroundings& from) {
    return node_of_the_host("kvm", "kvm", "BERTH_KVM", from.shares);
}

} // namespace berth::grants
