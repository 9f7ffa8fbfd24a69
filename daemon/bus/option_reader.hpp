#pragma once

#include "bus/options.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

/// How one option is taken out of an a{sv}. Private to bus/.
namespace berth::bus {

inline Error invalid_option(const std::string& message) {
    return Error{ErrorCode::invalid_argument, message};
}

/// Empty, or a complaint about the first option that is not one of `known`.
inline std::optional<Error> unknown_option(std::string_view method, const Options& options,
                                           std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : options) {
        std::string names;
        bool found = false;
        for (const std::string_view candidate : known) {
            found = found || candidate == name;
            names.append(names.empty() ? "" : ", ").append(candidate);
        }
        if (!found) {
            return invalid_option("unknown option \"" + name + "\"; " + std::string{method} + " knows " +
                                  (names.empty() ? "none" : names));
        }
    }
    return std::nullopt;
}

/// Its value, or nothing where it is not given; invalid_argument where it is of another type.
template <class Value>
Result<std::optional<Value>> option(const Options& options, const std::string& name, const char* type) {
    const auto found = options.find(name);
    if (found == options.end()) {
        return std::optional<Value>{};
    }
    if (!found->second.containsValueOfType<Value>()) {
        return invalid_option("the option \"" + name + "\" must be " + type);
    }
    return std::optional<Value>{found->second.get<Value>()};
}

/// As `option`, written into `into`; the error of an earlier one stays.
template <class Value, class Target>
void take_option(const Options& options, const char* name, const char* type, Target& into,
                 std::optional<Error>& error) {
    const auto value = option<Value>(options, name, type);
    if (!value) {
        error = error ? error : std::optional{value.error()};
    } else if (*value) {
        into = **value;
    }
}

} // namespace berth::bus
