#pragma once

#include "lib/sdbus_compat.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>

namespace berth::client {

/// A property's value, of the types that berthd's interfaces have; another type becomes null.
nlohmann::json json_of(const sdbus::Variant& value);

/// What a call answers by name (a{sv}).
std::map<std::string, nlohmann::json> json_of_named(const std::map<std::string, sdbus::Variant>& values);

/// Properties by name.
std::map<std::string, nlohmann::json> json_of(const std::map<compat::PropertyName, sdbus::Variant>& properties);

} // namespace berth::client
