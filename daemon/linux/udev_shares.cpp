#include "linux/udev_shares.hpp"

#include "linux/udev_looks.hpp"

#include <algorithm>
#include <array>

namespace berth::os {
namespace {

bool is_camera(udev_device* device) {
    const char* const known = udev_device_get_property_value(device, "ID_V4L_CAPABILITIES"); // ":capture:", ":"
    return view(udev_device_get_sysname(device)).starts_with("video") &&
           (known == nullptr || view(known).find(":capture:") != std::string_view::npos);
}

std::string usb_attribute(udev_device* device, const char* name) {
    return std::string{view(udev_device_get_sysattr_value(device, name))};
}

bool is_usb_device(udev_device* device) {
    return view(udev_device_get_devtype(device)) == "usb_device" && usb_attribute(device, "bDeviceClass") != "09";
}

} // namespace

Result<UdevShares> udev_shares(const model::SeatName& seat) {
    const UdevHandle<udev> context{udev_new()};
    if (!context) {
        return system_error("udev_new", errno);
    }
    UdevShares found;
    const auto scanned = for_each_device(context.get(), std::array{"video4linux", "usb"}, [&](udev_device* device) {
        const std::string node{view(udev_device_get_devnode(device))};
        if (node.empty() || seat_of(device) != seat) {
            return;
        }
        if (view(udev_device_get_subsystem(device)) == "video4linux") {
            if (is_camera(device)) {
                found.cameras.push_back(node);
            }
        } else if (is_usb_device(device)) {
            found.usb[usb_attribute(device, "idVendor") + ":" + usb_attribute(device, "idProduct")].push_back(node);
        }
    });
    if (!scanned) {
        return scanned.error();
    }
    std::sort(found.cameras.begin(), found.cameras.end());
    for (auto& [ids, nodes] : found.usb) {
        std::sort(nodes.begin(), nodes.end());
    }
    return found;
}

} // namespace berth::os
