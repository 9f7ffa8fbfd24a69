#pragma once

#include "explain/facts.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

/// What berthd and the guard say of themselves.
namespace berth::explain {

/// The line that a guard answered with, or errno's number.
struct Said {
    std::string line;
    int error{0};
};

/// Says one word of its protocol (guard/guard_program.hpp) to the guard at the socket `path`, at most `limit_ms`.
Said tell_guard(const std::string& path, const std::string& word, int limit_ms);

/// Asks the guard at the socket `path` for its status (guard/guard_program.hpp), at most `limit_ms`.
Guard ask_guard(const std::string& path, int limit_ms);

/// A guard that answered with one line of JSON; another line is Presence::unasked.
Guard guard_from(const std::string& line);

/// A berthd that answered with its seat's properties, by their names on the bus.
Berthd berthd_from(const nlohmann::json& properties, int pid);

} // namespace berth::explain
