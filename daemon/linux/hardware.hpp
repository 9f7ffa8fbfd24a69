#pragma once

#include "base/result.hpp"
#include "model/hardware.hpp"

#include <libudev.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// The host's devices as the model has them. Private to linux/.
namespace berth::os {

/// Every device of which a dock may be made, or that may be behind one, sorted by path: USB hubs, Thunderbolt devices
/// and bases; input event nodes, sound cards, cameras, network interfaces, disks, DRM cards and the screens on their
/// outputs, but for those that no hardware is behind (/sys/devices/virtual). At most model::most_devices. Read from
/// sysfs and udev's database (libudev(3)), some ten milliseconds. `also` is called with each device of the subsystems
/// drm, input and sound that is met on the way, made up ones, too: whoever wants them need not look once more.
Result<std::vector<model::Device>> read_hardware(udev* context, const std::function<void(udev_device*)>& also);
Result<std::vector<model::Device>> read_hardware(udev* context);

/// What a device says of itself, for people: what is not printable ASCII is a blank, blanks are one, none stands at an
/// end, at most 64 characters.
std::string printable(std::string_view text);

/// As part of an identity: letters, digits, '.', '_' and '-' alone, what is none of these is '_', at most 64.
std::string identity_part(std::string_view text);

} // namespace berth::os
