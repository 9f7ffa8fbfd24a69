#pragma once

#include "base/result.hpp"
#include "model/request.hpp"

#include <systemd/sd-bus.h>

namespace berth::bus {

/// Reads Self.Run's arguments (s as a{sv}); the seat is filled in by who knows it. invalid_argument: an unknown option,
/// or one that is not of its type, by its name; too many arguments, or too long.
Result<model::RunRequest> read_run(sd_bus_message* message);

} // namespace berth::bus
