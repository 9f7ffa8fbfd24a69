#include "grants/kinds.hpp"

namespace berth::grants {

/// /dev/kvm; live it is /run/berth/kvm, by BERTH_KVM.
Result<Offer> kvm(const Surroundings& from) {
    if (!from.shares.nodes.contains("/dev/kvm")) {
        return lacking("kvm", "this host has no /dev/kvm");
    }
    Offer result;
    result.items.push_back({"kvm", model::DoorItem::Kind::node, "/dev", "kvm"});
    result.nodes = result.creation.devices = {"/dev/kvm"};
    result.environment["BERTH_KVM"] = std::string{door_path} + "/kvm";
    add_record(result, "/dev/kvm", from.shares);
    return result;
}

} // namespace berth::grants
