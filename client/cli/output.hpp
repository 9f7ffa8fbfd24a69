#pragma once

#include "lib/berth_client.hpp"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string>
#include <vector>

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

/// A property that is a list of strings, or none.
std::vector<std::string> texts(const client::Properties& properties, const std::string& name);

std::string joined(const std::vector<std::string>& words, const std::string& between = " ");

/// Microseconds of CLOCK_REALTIME as local time, "2023-11-15 12:00:00".
std::string local_time(std::uint64_t microseconds);

/// The property Since as local time, or "".
std::string local_time(const client::Properties& properties);

/// The last part of an object's path, as the name that it was made of (sd_bus_path_decode(3)).
std::string last_part(const std::string& path);

/// Objects by path as a list, each with its "Path".
nlohmann::json objects(const std::map<std::string, client::Properties>& all);

/// The word, or "-" where there is none: for a column of a table.
std::string or_dash(const std::string& word);

/// Rows of words on stdout, in columns as wide as their longest word; the first row is the head.
void say_table(const std::vector<std::vector<std::string>>& rows);

/// NAME=VALUE lines on stdout, or a JSON object.
void say_environment(const nlohmann::json& environment, bool json);

} // namespace berth::cli
