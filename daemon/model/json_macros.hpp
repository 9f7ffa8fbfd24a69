#pragma once

#include "model/json_support.hpp"

/// The macros that give a struct, an enum or a variant its JSON form. Private to model/.
// The parentheses that bugprone-macro-parentheses asks for cannot stand around a type.
// NOLINTBEGIN(bugprone-macro-parentheses)
// An empty struct is {}.
#define BERTH_EMPTY(Type)                                                                                              \
    inline void to_json(nlohmann::json& out, const Type&) {                                                            \
        out = nlohmann::json::object();                                                                                \
    }                                                                                                                  \
    inline void from_json(const nlohmann::json&, Type&) {}

#define BERTH_STRUCT NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT

#define BERTH_ENUM(Type, ...)                                                                                          \
    inline void to_json(nlohmann::json& out, const Type& value) {                                                      \
        out = std::string{name_of(value)};                                                                             \
    }                                                                                                                  \
    inline void from_json(const nlohmann::json& in, Type& value) {                                                     \
        using enum Type;                                                                                               \
        value = enum_from(in, std::array{__VA_ARGS__});                                                                \
    }

#define BERTH_TAG(Type)                                                                                                \
    template <>                                                                                                        \
    struct Tag<Type> {                                                                                                 \
        static constexpr const char* name = #Type;                                                                     \
    };

#define BERTH_VARIANT(Type)                                                                                            \
    template <>                                                                                                        \
    struct nlohmann::adl_serializer<Type> {                                                                            \
        static void to_json(json& out, const Type& value) {                                                            \
            out = berth::model::variant_to(value);                                                                     \
        }                                                                                                              \
        static void from_json(const json& in, Type& value) {                                                           \
            value = berth::model::variant_from<Type>(in);                                                              \
        }                                                                                                              \
    };

// NOLINTEND(bugprone-macro-parentheses)
