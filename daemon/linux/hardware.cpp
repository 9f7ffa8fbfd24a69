#include "linux/hardware.hpp"

#include "base/unique_fd.hpp"
#include "edid/edid.hpp"
#include "linux/device_table.hpp"
#include "linux/udev_looks.hpp"

#include <system_error>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <unistd.h>
#include <utility>

namespace berth::os {
namespace {

using model::DeviceKind;

constexpr std::size_t longest_text = 64;

std::string_view attribute(udev_device* device, const char* name) {
    return view(udev_device_get_sysattr_value(device, name));
}

std::string_view property(udev_device* device, const char* name) {
    return view(udev_device_get_property_value(device, name));
}

bool has(udev_device* device, const char* name) {
    return property(device, name) == "1";
}

/// By what udev's rules found out of its keys and axes (60-input-id).
DeviceKind kind_of_input(udev_device* device) {
    constexpr std::array<std::pair<const char*, DeviceKind>, 7> rows{{
        {"ID_INPUT_TOUCHSCREEN", DeviceKind::touch},
        {"ID_INPUT_TABLET", DeviceKind::touch},
        {"ID_INPUT_TOUCHPAD", DeviceKind::mouse},
        {"ID_INPUT_MOUSE", DeviceKind::mouse},
        {"ID_INPUT_JOYSTICK", DeviceKind::joystick},
        {"ID_INPUT_KEYBOARD", DeviceKind::keyboard},
        {"ID_INPUT_KEY", DeviceKind::other}, // buttons: of a headset, a lid
    }};
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& each) { return has(device, each.first); });
    return row == rows.end() ? DeviceKind::other : row->second;
}

/// Class 9 of a USB device is "hub" (USB 2.0, 11.23.1). One that the kernel made is the controller itself.
bool is_hub(udev_device* device) {
    return view(udev_device_get_devtype(device)) == "usb_device" && attribute(device, "bDeviceClass") == "09" &&
           !view(udev_device_get_sysname(device)).starts_with("usb");
}

/// Cards, and those of their outputs ("card0-HDMI-A-1") that something is plugged into.
std::optional<DeviceKind> kind_of_drm(udev_device* device, std::string_view name) {
    if (!name.starts_with("card")) {
        return std::nullopt;
    }
    if (name.find('-') == std::string_view::npos) {
        return DeviceKind::gpu;
    }
    return attribute(device, "status") == "connected" ? std::optional{DeviceKind::display} : std::nullopt;
}

/// Nothing: of no interest.
std::optional<DeviceKind> kind_of(udev_device* device) {
    const std::string_view subsystem = view(udev_device_get_subsystem(device));
    const std::string_view name = view(udev_device_get_sysname(device));
    const auto when = [](bool yes, DeviceKind kind) { return yes ? std::optional{kind} : std::nullopt; };
    if (subsystem == "usb") {
        return when(is_hub(device), DeviceKind::hub);
    }
    if (subsystem == "input") {
        return name.starts_with("event") ? std::optional{kind_of_input(device)} : std::nullopt;
    }
    if (subsystem == "sound") {
        return when(name.starts_with("controlC"), DeviceKind::sound);
    }
    if (subsystem == "drm") {
        return kind_of_drm(device, name);
    }
    if (subsystem == "video4linux") {
        return DeviceKind::camera;
    }
    if (subsystem == "net") {
        return DeviceKind::network;
    }
    if (subsystem == "block") {
        return when(view(udev_device_get_devtype(device)) == "disk", DeviceKind::storage);
    }
    if (subsystem == "thunderbolt") { // the host's own part of a domain has no number of a port: "0-0"
        return when(view(udev_device_get_devtype(device)) == "thunderbolt_device" && !name.ends_with("-0"),
                    DeviceKind::thunderbolt);
    }
    return when(subsystem == "platform" && attribute(device, "type") == "dock_station" &&
                    attribute(device, "docked") == "1",
                DeviceKind::base);
}

/// Where a link of sysfs leads, below /sys; empty where there is none.
std::string target_of(const std::string& link) {
    std::error_code error;
    const std::string target = std::filesystem::canonical(link, error).string();
    constexpr std::string_view root{"/sys"};
    return error || !target.starts_with(root) ? std::string{} : target.substr(root.size());
}

std::string id_of_usb(udev_device* device) {
    std::string id =
        "usb:" + identity_part(attribute(device, "idVendor")) + ":" + identity_part(attribute(device, "idProduct"));
    const std::string serial = identity_part(attribute(device, "serial"));
    return serial.empty() ? id : id.append(":").append(serial);
}

/// "Lenovo ThinkPad Dock"; some models have their maker's name in their own.
std::string made_by(std::string_view maker, std::string_view model) {
    return printable(model.starts_with(maker) ? std::string{model} : std::string{maker}.append(" ").append(model));
}

std::string name_of_hub(udev_device* device) {
    const std::string name = made_by(attribute(device, "manufacturer"), attribute(device, "product"));
    return name.empty() ? "USB hub" : name;
}

std::string name_of_thunderbolt(udev_device* device) {
    const std::string name = made_by(attribute(device, "vendor_name"), attribute(device, "device_name"));
    return name.empty() ? "Thunderbolt device" : name;
}

/// What sound cards, keyboards and the like call themselves.
std::string name_of_other(udev_device* device) {
    constexpr std::array properties{"ID_MODEL_FROM_DATABASE", "ID_MODEL", "INTERFACE"};
    for (const char* name : properties) {
        if (const std::string text = printable(property(device, name)); !text.empty()) {
            return text;
        }
    }
    udev_device* const parent = udev_device_get_parent(device); // the child's own: not to be released
    const std::string name = parent == nullptr ? std::string{} : printable(attribute(parent, "name"));
    return name.empty() ? printable(view(udev_device_get_sysname(device))) : name;
}

/// The base block of what the screen on an output says of itself; shorter where it says nothing. Not by libudev, which
/// takes an attribute for a text.
std::string edid_of(udev_device* output) {
    const std::string path = std::string{view(udev_device_get_syspath(output))} + "/edid";
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::string bytes(edid::block_size, '\0');
    const ssize_t size = file ? ::read(file.get(), bytes.data(), bytes.size()) : 0;
    bytes.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return bytes;
}

/// In a portable's lid, say.
bool is_panel(std::string_view connector) {
    constexpr std::array kinds{"eDP-", "LVDS-", "DSI-", "DPI-"};
    return std::any_of(kinds.begin(), kinds.end(), [&](const char* kind) { return connector.starts_with(kind); });
}

/// "edid:DEL:a0b1:7MT0187I"
std::string id_of_screen(const edid::Identity& identity) {
    std::array<char, 5> product{};
    std::snprintf(product.data(), product.size(), "%04x", identity.product);
    std::string id = "edid:" + identity_part(identity.maker) + ":" + product.data();
    const std::string serial = identity_part(printable(identity.serial));
    return serial.empty() ? id : id.append(":").append(serial);
}

void describe_screen(udev_device* output, model::Device& result) {
    const std::string_view whole = view(udev_device_get_sysname(output)); // "card0-HDMI-A-1"
    const std::string_view connector = whole.substr(whole.find('-') + 1);
    result.built_in = is_panel(connector);
    if (udev_device* const card = udev_device_get_parent(output)) { // the child's own: not to be released
        result.seat = seat_of(card);
    }
    std::string name;
    if (const auto identity = edid::read_identity(edid_of(output))) {
        result.id = id_of_screen(*identity);
        name = printable(identity->name.empty() ? identity->maker : identity->name);
    }
    result.name = printable((name.empty() ? std::string{"Screen"} : name).append(" on ").append(connector));
}

void describe_dock_part(udev_device* device, model::Device& result) {
    switch (result.kind) {
    case DeviceKind::hub:
        result.id = id_of_usb(device);
        result.name = name_of_hub(device);
        result.built_in = attribute(device, "removable") == "fixed";
        return;
    case DeviceKind::thunderbolt:
        result.id = "thunderbolt:" + identity_part(attribute(device, "unique_id"));
        result.name = name_of_thunderbolt(device);
        return;
    case DeviceKind::base:
        result.id = "base:" + identity_part(view(udev_device_get_sysname(device)));
        result.name = "Docking station";
        return;
    case DeviceKind::display:
        describe_screen(device, result);
        return;
    default:
        result.name = name_of_other(device);
    }
}

model::Device described(udev_device* device, DeviceKind kind) {
    model::Device result{
        .path = std::string{view(udev_device_get_devpath(device))}, .kind = kind, .seat = seat_of(device)};
    if (kind != DeviceKind::hub) { // a hub's node is of no use to anybody
        result.node = view(udev_device_get_devnode(device));
    }
    describe_dock_part(device, result);
    return result;
}

/// What may be taken off the PCI bus, and stands on nothing that may: "removable" says so of all that is behind a port
/// which the firmware calls external (Documentation/ABI/testing/sysfs-devices-removable, drivers/pci/probe.c).
std::vector<std::string> places_on_pci(udev* context) {
    std::vector<std::string> places;
    const auto may_go = [](udev_device* device) {
        return device != nullptr && view(udev_device_get_subsystem(device)) == "pci" &&
               attribute(device, "removable") == "removable";
    };
    const auto scanned = for_each_device(context, std::array{"pci"}, [&](udev_device* device) {
        if (may_go(device) && !may_go(udev_device_get_parent(device))) {
            places.emplace_back(view(udev_device_get_devpath(device)));
        }
    });
    return scanned ? places : std::vector<std::string>{};
}

} // namespace

std::string printable(std::string_view text) {
    std::string result;
    for (const char letter : text) {
        const bool is_printed = letter > ' ' && letter <= '~';
        if (is_printed) {
            result += letter;
        } else if (!result.empty() && result.back() != ' ') {
            result += ' ';
        }
        if (result.size() == longest_text) {
            break;
        }
    }
    while (result.ends_with(' ')) {
        result.pop_back();
    }
    return result;
}

std::string identity_part(std::string_view text) {
    std::string result{text.substr(0, longest_text)};
    std::replace_if(
        result.begin(), result.end(),
        [](unsigned char letter) {
            return letter > '~' || (std::isalnum(letter) == 0 && letter != '.' && letter != '_' && letter != '-');
        },
        '_');
    return result;
}

std::optional<model::Device> hardware_of(udev_device* device) {
    const auto kind = kind_of(device);
    const bool is_made_up = view(udev_device_get_devpath(device)).starts_with("/devices/virtual/");
    return kind && !is_made_up ? std::optional{described(device, *kind)} : std::nullopt;
}

std::string companion_of_hub(const std::string& hub) {
    return target_of(hub + "/port/peer/device");
}

void lead_through_tunnel(udev* context, std::vector<model::Device>& devices) {
    model::Device* only = nullptr;
    for (model::Device& device : devices) {
        if (device.kind != DeviceKind::thunderbolt) {
            continue;
        }
        if (only != nullptr && !model::is_behind(device.path, only->path)) { // sorted: a chain's first comes first
            return;
        }
        only = only == nullptr ? &device : only;
    }
    if (only == nullptr) {
        return;
    }
    const std::vector<std::string> places = places_on_pci(context);
    if (places.size() == 1) {
        only->companion = places.front();
    }
}

Result<std::vector<model::Device>> read_hardware(udev* context) {
    DeviceTable table{context, DeviceTable::Scope::hardware};
    const auto read = table.read_all();
    return read ? Result<std::vector<model::Device>>{table.hardware()} : read.error();
}

} // namespace berth::os
