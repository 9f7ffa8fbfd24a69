#pragma once

#include "base/result.hpp"
#include "model/request.hpp"

#include <systemd/sd-bus.h>

#include <vector>

namespace berth::bus {

/// Bytes of all grants of one call together; what is asked goes to the flight recorder.
inline constexpr std::size_t max_grant_bytes = 16'384;

/// Reads an "as" of grants. unknown_grant, invalid_argument: as model::parse_grant, or too many or too long.
Result<std::vector<model::Grant>> read_grants(sd_bus_message* message);

/// Reads Request's arguments: grants, and when they end. invalid_argument, besides: an unknown option, or one that is
/// not of its type, by its name.
Result<model::GrantRequest> read_request(sd_bus_message* message);

} // namespace berth::bus
