#pragma once

#include "base/result.hpp"
#include "bus/sdbus_compat.hpp"
#include "model/event.hpp"

#include <map>
#include <string>

namespace berth::bus {

using Options = std::map<std::string, sdbus::Variant>;

/// Seat.Up's arguments. invalid_argument names the option and what it may be.
Result<model::Request> up_request(const model::SeatName& seat, const std::string& desktop, const Options& options);

/// Seat.Down's arguments.
Result<model::Request> down_request(const model::SeatName& seat, const Options& options);

/// Seat.Snapshot's argument.
Result<model::Request> snapshot_request(const model::SeatName& seat, const std::string& tag);

} // namespace berth::bus
