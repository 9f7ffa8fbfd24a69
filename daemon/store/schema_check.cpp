#include "store/schema_check.hpp"

#include "store/desktop_schema.hpp"
#include "store/json_lines.hpp"
#include "store/nearest_name.hpp"

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include <memory>
#include <vector>

namespace berth::store {
namespace {

using nlohmann::json;

const json& schema_document() {
    static const json document = json::parse(desktop_schema_text);
    return document;
}

const valijson::Schema& schema() {
    static const auto parsed = [] {
        auto result = std::make_unique<valijson::Schema>(); // it can neither be copied nor moved
        valijson::SchemaParser parser{valijson::SchemaParser::kDraft7};
        parser.populateSchema(valijson::adapters::NlohmannJsonAdapter{schema_document()}, *result);
        return result;
    }();
    return *parsed;
}

std::vector<std::string> keys_of(const json& object) {
    std::vector<std::string> keys;
    for (const auto& [key, ignored] : object.items()) {
        keys.push_back(key);
    }
    return keys;
}

/// The schema's part for one member or element of what `part` describes; null where it has none.
const json* part_for(const json& part, const std::string& token) {
    if (const auto items = part.find("items"); items != part.end()) {
        return &*items;
    }
    if (const auto members = part.find("properties"); members != part.end() && members->contains(token)) {
        return &members->at(token);
    }
    const auto others = part.find("additionalProperties");
    return others != part.end() && others->is_object() ? &*others : nullptr;
}

/// The first key that its object does not know, in the document's order.
std::optional<Mistake> find_unknown_key(const json& value, const json& part, const std::string& pointer) {
    const auto members = part.find("properties");
    const bool closed = members != part.end() && part.value("additionalProperties", json{true}) == json(false);
    std::size_t index = 0;
    for (const auto& [key, child] : value.items()) {
        const std::string token = value.is_array() ? std::to_string(index++) : key;
        const std::string below = append_token(pointer, token);
        if (value.is_object() && closed && !members->contains(key)) {
            const auto known = keys_of(*members);
            const std::string meant = nearest_name(key, known);
            return Mistake{below, "unknown key; " + (meant.empty() ? "expected one of " + list_names(known)
                                                                   : "did you mean \"" + meant + "\"?")};
        }
        const json* next = part_for(part, token);
        if (next != nullptr && child.is_structured()) {
            if (auto mistake = find_unknown_key(child, *next, below)) {
                return mistake;
            }
        }
    }
    return std::nullopt;
}

/// valijson's context, {"<root>", "[volumes]", "[0]"}, as a JSON pointer.
std::string pointer_of(const std::vector<std::string>& context) {
    std::string pointer;
    for (std::size_t i = 1; i < context.size(); ++i) {
        const std::string& token = context[i];
        pointer = append_token(pointer, std::string_view{token}.substr(1, token.size() - 2));
    }
    return pointer;
}

/// What the schema expects at `pointer`, in words.
std::string expectation(const std::string& pointer) {
    const json* part = &schema_document();
    const json::json_pointer path{pointer};
    std::vector<std::string> tokens;
    for (json::json_pointer rest{path}; !rest.empty(); rest.pop_back()) {
        tokens.insert(tokens.begin(), rest.back());
    }
    for (const std::string& token : tokens) {
        part = part_for(*part, token);
        if (part == nullptr) {
            return {};
        }
    }
    return part->value("title", std::string{});
}

std::string short_text(const json& value) {
    if (value.is_structured()) {
        return value.is_array() ? "a list" : "an object";
    }
    const std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
    constexpr std::size_t enough = 80;
    return text.size() > enough ? "a long text" : text;
}

Mistake describe(const valijson::ValidationResults::Error& error, const json& document) {
    const std::string pointer = pointer_of(error.context);
    if (!document.contains(json::json_pointer{pointer})) {
        return {"", error.description};
    }
    const json& value = document.at(json::json_pointer{pointer});
    const auto missing = error.description.find("Missing required property '");
    if (missing == 0) {
        const auto from = error.description.find('\'') + 1;
        const std::string key = error.description.substr(from, error.description.find('\'', from) - from);
        const std::string below = append_token(pointer, key);
        return {pointer, "the key \"" + key + "\" is missing; expected " + expectation(below)};
    }
    return {pointer, "is " + short_text(value) + "; expected " + expectation(pointer)};
}

/// Environment names are keys: valijson says only that one of them is wrong.
std::optional<Mistake> find_bad_variable(const json& document) {
    const auto environment = document.find("environment");
    if (environment == document.end() || !environment->is_object()) {
        return std::nullopt;
    }
    for (const auto& [key, ignored] : environment->items()) {
        const bool own = key.starts_with("BERTH_");
        const bool plain = !key.empty() && key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
                                                                 "0123456789") == std::string::npos;
        if (own || !plain || (key.front() >= '0' && key.front() <= '9')) {
            return Mistake{append_token("/environment", key),
                           own ? "names that begin with BERTH_ are berth's own; expected another name"
                               : "not a variable's name; expected letters, digits and _, not a digit first"};
        }
    }
    return std::nullopt;
}

} // namespace

std::optional<Mistake> check_against_schema(const json& document) {
    if (document.is_object()) {
        if (auto mistake = find_unknown_key(document, schema_document(), "")) {
            return mistake;
        }
        if (auto mistake = find_bad_variable(document)) {
            return mistake;
        }
    }
    valijson::Validator validator;
    valijson::ValidationResults results;
    if (validator.validate(schema(), valijson::adapters::NlohmannJsonAdapter{document}, &results)) {
        return std::nullopt;
    }
    // The deepest error is the mistake itself; the others are its parents complaining about it.
    const valijson::ValidationResults::Error* deepest_error = nullptr;
    for (const auto& error : results) {
        if (deepest_error == nullptr || error.context.size() > deepest_error->context.size()) {
            deepest_error = &error;
        }
    }
    return deepest_error == nullptr ? Mistake{"", "is no desktop profile"} : describe(*deepest_error, document);
}

} // namespace berth::store
