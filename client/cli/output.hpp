#pragma once

#include "lib/berth_client.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace berth::cli {

/// "berth: Name: sentence" on stderr.
void complain(const client::CallFailed& error);
void complain(const std::string& error);

/// One line on stdout, flushed.
void say(const std::string& line);

/// A JSON document on stdout: indented, or on one line and flushed.
void say_json(const nlohmann::json& value, bool one_line = false);

/// A string property, or "".
std::string text(const client::Properties& properties, const std::string& name);

/// The last part of an object's path.
std::string last_part(const std::string& path);

} // namespace berth::cli
