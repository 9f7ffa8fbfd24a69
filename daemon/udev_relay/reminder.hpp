#pragma once

#include "udev_events/message.hpp"

#include <string>

namespace berth::udev_relay {

/// What makes a listener look at a device that it may know already. libinput takes no notice of "change", and of "add"
/// only for a device that is new to it (filter_duplicates, src/udev-seat.c). The others take "change" for a device that
/// they do not know as one that has come; of a card they read the monitors again where HOTPLUG says so.
std::string reminder_of(udev_events::Device device);

} // namespace berth::udev_relay
