#include "lib/variant_json.hpp"

#include <cstdint>
#include <vector>

namespace berth::client {

namespace {

using Triple = sdbus::Struct<std::string, std::string, std::string>;

using Docks = std::vector<sdbus::Struct<std::string, std::string, std::string, std::vector<std::string>>>;

/// Seat.Docks, a list of objects.
nlohmann::json json_of(const Docks& docks) {
    nlohmann::json list = nlohmann::json::array();
    for (const auto& dock : docks) {
        list.push_back(
            {{"Id", dock.get<0>()}, {"Name", dock.get<1>()}, {"Profile", dock.get<2>()}, {"Has", dock.get<3>()}});
    }
    return list;
}

using Displays = std::vector<sdbus::Struct<std::string, std::string>>;

/// Seat.Displays, a list of objects.
nlohmann::json json_of(const Displays& displays) {
    nlohmann::json list = nlohmann::json::array();
    for (const auto& display : displays) {
        list.push_back({{"Id", display.get<0>()}, {"Name", display.get<1>()}});
    }
    return list;
}

template <class Value>
bool read(const sdbus::Variant& value, nlohmann::json& into) {
    if (!value.containsValueOfType<Value>()) {
        return false;
    }
    into = value.get<Value>();
    return true;
}

} // namespace

nlohmann::json json_of(const sdbus::Variant& value) {
    nlohmann::json result;
    if (read<std::string>(value, result) || read<bool>(value, result) || read<std::uint32_t>(value, result) ||
        read<std::uint64_t>(value, result) || read<std::int32_t>(value, result) || read<double>(value, result) ||
        read<std::vector<std::string>>(value, result) || read<std::map<std::string, std::string>>(value, result) ||
        read<std::map<std::string, std::uint64_t>>(value, result)) {
        return result;
    }
    if (value.containsValueOfType<sdbus::ObjectPath>()) {
        return std::string{value.get<sdbus::ObjectPath>()};
    }
    if (value.containsValueOfType<std::vector<sdbus::ObjectPath>>()) {
        result = nlohmann::json::array();
        for (const auto& path : value.get<std::vector<sdbus::ObjectPath>>()) {
            result.push_back(std::string{path});
        }
        return result;
    }
    if (value.containsValueOfType<Triple>()) {
        const auto triple = value.get<Triple>();
        return nlohmann::json::array({triple.get<0>(), triple.get<1>(), triple.get<2>()});
    }
    if (value.containsValueOfType<Docks>()) {
        return json_of(value.get<Docks>());
    }
    if (value.containsValueOfType<Displays>()) {
        return json_of(value.get<Displays>());
    }
    return result;
}

std::map<std::string, nlohmann::json> json_of_named(const std::map<std::string, sdbus::Variant>& values) {
    std::map<std::string, nlohmann::json> result;
    for (const auto& [name, value] : values) {
        result.emplace(name, json_of(value));
    }
    return result;
}

std::map<std::string, nlohmann::json> json_of(const std::map<compat::PropertyName, sdbus::Variant>& properties) {
    std::map<std::string, nlohmann::json> result;
    for (const auto& [name, value] : properties) {
        result.emplace(name, json_of(value));
    }
    return result;
}

} // namespace berth::client
