#pragma once

#include "lib/sdbus_compat.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>

namespace berth::client {

/// A property's value, of the types that berthd's interfaces have; another type becomes null.
nlohmann::json json_of(const sdbus::Variant& value);

/// Properties by name.
std::map<std::string, nlohmann::json> json_of(const std::map<compat::PropertyName, sdbus::Variant>& properties);

} // namespace berth::client
