#pragma once

#include "base/result.hpp"

#include <systemd/sd-bus.h>

#include <functional>
#include <string>

/// The options (a{sv}) of the calls on a Self socket. Private to bus/.
namespace berth::bus {

inline constexpr const char* reading_options = "reading options";

/// Calls `read` with the name of each; it reads the variant that follows, or says what is wrong with it.
Result<void> read_options(sd_bus_message* message, const std::function<Result<void>(const std::string& name)>& read);

/// Whether the variant at hand has a value of that type.
bool has_value_of(sd_bus_message* message, const std::string& type);

/// The refusal of an option that `method` does not know; `known`: those that it does.
Error no_such_option(const std::string& method, const std::string& name, const std::string& known);

} // namespace berth::bus
