#pragma once

#include "base/result.hpp"
#include "model/refusal.hpp"

#include <string>

namespace berth::bus {

/// "org.berth.Berth1.Error." and the code's name (dbus-interfaces/errors.md).
std::string bus_error_name(ErrorCode code);

/// The bus error that a refusal is told as.
std::string bus_error_name(model::Refusal refusal);

} // namespace berth::bus
