#pragma once

#include <systemd/sd-bus.h>

#include <string>

namespace berth::testing {

/// What a message carries, as text: strings bare, "[a, b]" for arrays, "{k: v}" for maps, "(a, b)" for structs;
/// variants as what is in them.
std::string text_of(sd_bus_message* message);

} // namespace berth::testing
