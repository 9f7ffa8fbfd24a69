#pragma once

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>

namespace berth::store {

/// A value that the schema does not allow.
struct Mistake {
    std::string pointer; ///< JSON pointer of the value
    std::string message; ///< what is wrong and what was expected
};

/// The first mistake of `document` against the desktop profile's schema; none when it is valid.
std::optional<Mistake> check_against_schema(const nlohmann::json& document);

} // namespace berth::store
