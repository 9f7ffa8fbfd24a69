#pragma once

#include "explain/facts.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

/// What berthd and the guard say of themselves.
namespace berth::explain {

/// Asks the guard at the socket `path` for its status (guard/guard_program.hpp), at most `limit_ms`.
Guard ask_guard(const std::string& path, int limit_ms);

/// A guard that answered with one line of JSON; another line is Presence::unasked.
Guard guard_from(const std::string& line);

/// A berthd that answered with its seat's properties, by their names on the bus.
Berthd berthd_from(const nlohmann::json& properties, int pid);

} // namespace berth::explain
