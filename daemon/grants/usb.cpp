#include "grants/kinds.hpp"

namespace berth::grants {

/// Every device with these ids, by its node below /dev/bus/usb, where libusb looks.
Result<Offer> usb(const model::Grant& grant, const Surroundings& from) {
    const auto found = from.shares.usb.find(grant.argument);
    if (found == from.shares.usb.end() || found->second.empty()) {
        return lacking(model::text_of(grant), "no such device is plugged in");
    }
    return nodes_in("usb", "/dev/bus/usb/", found->second, from.shares);
}

} // namespace berth::grants
