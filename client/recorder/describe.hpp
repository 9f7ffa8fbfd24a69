#pragma once

#include "recording/recording.hpp"

#include <libudev.h>

/// A device of libudev's as a recording has it. Private to recorder/.
namespace berth::recorder {

/// recording::is_recorded() of it.
bool is_recorded(udev_device* device);

/// What is recorded of it (recording/selection.hpp): the properties that `device` came with, from one of udev's
/// messages or its database, and what sysfs says now. An attribute that cannot be read, or is longer than 64 KiB, is
/// left out.
recording::Device describe(udev_device* device);

} // namespace berth::recorder
