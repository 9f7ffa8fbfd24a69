#pragma once

#include "model/json.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <optional>
#include <utility>
#include <variant>

/// How the model's building blocks (optionals, ids, enums, variants) look in JSON. Private to model/.
namespace nlohmann {

/// An optional is its value or null.
template <class T>
struct adl_serializer<std::optional<T>> {
    static void to_json(json& out, const std::optional<T>& value) {
        if (value) {
            out = *value;
        } else {
            out = nullptr;
        }
    }

    static void from_json(const json& in, std::optional<T>& value) {
        if (in.is_null()) {
            value.reset();
        } else {
            value = in.get<T>();
        }
    }
};

/// A strong id is its bare value.
template <class Tag, class Value>
struct adl_serializer<berth::StrongId<Tag, Value>> {
    static void to_json(json& out, const berth::StrongId<Tag, Value>& id) { out = id.value; }

    static void from_json(const json& in, berth::StrongId<Tag, Value>& id) { id.value = in.get<Value>(); }
};

} // namespace nlohmann

namespace berth::model {

/// Reads an enum by its word; throws json's type_error 302 for an unknown one, as any wrong type does.
template <class Enum, std::size_t N>
Enum enum_from(const nlohmann::json& in, const std::array<Enum, N>& all) {
    const auto& word = in.get_ref<const std::string&>();
    for (const Enum value : all) {
        if (name_of(value) == word) {
            return value;
        }
    }
    throw nlohmann::json::type_error::create(302, "unknown word '" + word + "'", &in);
}

/// The JSON tag of each alternative of a variant, specialised in json.cpp.
template <class Alternative>
struct Tag;

/// A variant is {"Tag": value}.
template <class Variant>
nlohmann::json variant_to(const Variant& variant) {
    return std::visit(
        []<class T>(const T& value) {
            nlohmann::json body = nlohmann::json::object();
            if constexpr (!std::is_same_v<T, std::monostate>) {
                body = value;
            }
            nlohmann::json out = nlohmann::json::object();
            out[Tag<T>::name] = std::move(body);
            return out;
        },
        variant);
}

template <class Variant, std::size_t Index = 0>
Variant variant_from(const nlohmann::json& in) {
    if constexpr (Index == std::variant_size_v<Variant>) {
        throw nlohmann::json::type_error::create(302, "unknown kind " + in.dump(), &in);
    } else {
        using T = std::variant_alternative_t<Index, Variant>;
        if (in.is_object() && in.size() == 1 && in.begin().key() == Tag<T>::name) {
            if constexpr (std::is_same_v<T, std::monostate>) {
                return Variant{T{}};
            } else {
                return Variant{in.begin()->template get<T>()};
            }
        }
        return variant_from<Variant, Index + 1>(in);
    }
}

} // namespace berth::model
