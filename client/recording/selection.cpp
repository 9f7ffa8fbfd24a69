#include "recording/selection.hpp"

#include <algorithm>
#include <array>

namespace berth::recording {
namespace {

/// As the kernel or udev's rules name them; all that begins with one that ends in '*'.
constexpr std::array properties{
    // of the kernel: what it is, and where
    std::string_view{"BUSNUM"},
    std::string_view{"DEVNAME"},
    std::string_view{"DEVNUM"},
    std::string_view{"DEVPATH_OLD"},
    std::string_view{"DEVTYPE"},
    std::string_view{"DRIVER"},
    std::string_view{"HID_*"},
    std::string_view{"IFINDEX"},
    std::string_view{"INTERFACE"},
    std::string_view{"MAJOR"},
    std::string_view{"MINOR"},
    std::string_view{"MODALIAS"},
    std::string_view{"NAME"},
    std::string_view{"PCI_*"},
    std::string_view{"PHYS"},
    std::string_view{"PRODUCT"},
    std::string_view{"SUBSYSTEM"},
    std::string_view{"TYPE"},
    std::string_view{"UNIQ"},
    // of udev's rules and builtins: seats, names, kinds of input, places
    std::string_view{"ID_AUTOSEAT"},
    std::string_view{"ID_BUS"},
    std::string_view{"ID_FOR_SEAT"},
    std::string_view{"ID_INPUT*"},
    std::string_view{"ID_INSTANCE"},
    std::string_view{"ID_INTEGRATION"},
    std::string_view{"ID_MODEL*"},
    std::string_view{"ID_NET_DRIVER"},
    std::string_view{"ID_NET_NAME*"},
    std::string_view{"ID_PATH*"},
    std::string_view{"ID_REVISION"},
    std::string_view{"ID_SEAT"},
    std::string_view{"ID_SERIAL*"},
    std::string_view{"ID_TYPE"},
    std::string_view{"ID_USB_*"},
    std::string_view{"ID_V4L_*"},
    std::string_view{"ID_VENDOR*"},
    std::string_view{"SOUND_*"},
};

bool is_like(std::string_view name, std::string_view pattern) {
    return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1)) : name == pattern;
}

} // namespace

const std::vector<std::string>& recorded_subsystems() {
    static const std::vector<std::string> names{"usb",         "thunderbolt", "platform", "input", "sound",
                                                "video4linux", "net",         "block",    "drm"};
    return names;
}

bool is_recorded(const Traits& device) noexcept {
    const std::vector<std::string>& looked_at = recorded_subsystems();
    if (std::find(looked_at.begin(), looked_at.end(), device.subsystem) == looked_at.end() ||
        device.path.starts_with("/devices/virtual/")) {
        return false;
    }
    if (device.subsystem == "block") {
        return device.devtype == "disk";
    }
    return device.subsystem != "platform" || device.type == "dock_station";
}

bool is_recorded_property(std::string_view name) noexcept {
    return std::any_of(properties.begin(), properties.end(),
                       [&](std::string_view pattern) { return is_like(name, pattern); });
}

const std::vector<std::string>& recorded_attributes() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all{
            // USB: docks are known by these, and their rules ask for the rest
            "authorized", "bConfigurationValue", "bDeviceClass", "bDeviceProtocol", "bDeviceSubClass",
            "bInterfaceClass", "bInterfaceNumber", "bInterfaceProtocol", "bInterfaceSubClass", "bNumInterfaces",
            "bcdDevice", "busnum", "devnum", "devpath", "idProduct", "idVendor", "manufacturer", "maxchild", "product",
            "removable", "serial", "speed", "version",
            // Thunderbolt
            "device", "device_name", "generation", "unique_id", "vendor", "vendor_name",
            // bases
            "docked", "type",
            // input: what 60-input-id finds the kind from
            "capabilities/abs", "capabilities/ev", "capabilities/key", "capabilities/rel", "capabilities/sw",
            "id/bustype", "id/product", "id/vendor", "id/version", "name", "phys", "properties", "uniq",
            // sound
            "id", "number",
            // cameras
            "index",
            // networks
            "addr_assign_type", "address", "dev_id", "dev_port", "ifindex", "iflink",
            // disks
            "ro", "size",
            // DRM: cards and their connectors
            "edid", "enabled", "status",
            // PCI, which the rest stands on
            "class", "subsystem_device", "subsystem_vendor",
            // of whatever has a node
            "dev"};
        std::sort(all.begin(), all.end());
        return all;
    }();
    return names;
}

} // namespace berth::recording
