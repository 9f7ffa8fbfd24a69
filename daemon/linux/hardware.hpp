#pragma once

#include "base/result.hpp"
#include "model/hardware.hpp"

#include <libudev.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The host's devices as the model has them. Private to linux/.
namespace berth::os {

/// Every device of which a dock may be made, or that may be behind one, sorted by path: USB hubs, Thunderbolt devices
/// and bases; input event nodes, sound cards, cameras, network interfaces, disks, DRM cards and the screens on their
/// outputs, but for those that no hardware is behind (/sys/devices/virtual). At most model::most_devices. Read from
/// sysfs and udev's database (libudev(3)), some ten milliseconds.
Result<std::vector<model::Device>> read_hardware(udev* context);

/// What one device is of these; nothing: none. What it has to do with others is not told: a hub's companion, what a
/// Thunderbolt device leads to.
std::optional<model::Device> hardware_of(udev_device* device);

/// The hub on the same plug at the other speed, below /sys: the device of the port that is its port's peer
/// (Documentation/ABI/testing/sysfs-bus-usb). Empty: none. `hub`: its path, "/sys/devices/…".
std::string companion_of_hub(const std::string& hub);

/// Nothing in sysfs leads from a Thunderbolt device to what its tunnel ends at. Where one is plugged into the host, and
/// one place of the PCI bus may be taken off, that is it: its companion. `devices`: sorted by path.
void lead_through_tunnel(udev* context, std::vector<model::Device>& devices);

/// What a device says of itself, for people: what is not printable ASCII is a blank, blanks are one, none stands at an
/// end, at most 64 characters.
std::string printable(std::string_view text);

/// As part of an identity: letters, digits, '.', '_' and '-' alone, what is none of these is '_', at most 64.
std::string identity_part(std::string_view text);

} // namespace berth::os
