#pragma once

#include "base/result.hpp"
#include "model/refusal.hpp"

#include <string>
#include <string_view>

namespace berth::bus {

/// "org.berth.Berth1.Error." and the code's name (dbus-interfaces/errors.md).
std::string bus_error_name(ErrorCode code);

/// The bus error that a refusal is told as.
std::string bus_error_name(model::Refusal refusal);

/// An error's message as a bus takes it: bytes that are no UTF-8 (of a program's output, of a name that was cut) and
/// NUL have become '?'. A message that is not so would be a call without an answer.
std::string bus_text(std::string_view message);

} // namespace berth::bus
