#include "store/schema_check.hpp"

#include "store/json_lines.hpp"
#include "store/nearest_name.hpp"
#include "store/schema_texts.hpp"

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include <regex>
#include <vector>

namespace berth::store {
namespace {

using nlohmann::json;

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

/// What is wrong with a member's name, by the rules of the object's part of the schema; "" for nothing. valijson says
/// only that one of the names is wrong.
std::string complaint_about_name(const json& part, const std::string& name) {
    const auto rules = part.find("propertyNames");
    if (rules == part.end()) {
        return {};
    }
    for (const json& rule : rules->at("allOf")) {
        if (name.size() > rule.value("maxLength", longest_text) ||
            !std::regex_search(name, std::regex{rule.at("pattern").get_ref<const std::string&>()})) {
            return rule.at("description").get<std::string>() + "; expected " + rule.at("title").get<std::string>();
        }
    }
    return {};
}

/// What is wrong with the key itself, whatever its value; "" for nothing.
std::string complaint_about_key(const json& part, const std::string& key) {
    const auto members = part.find("properties");
    const bool closed = members != part.end() && part.value("additionalProperties", json{true}) == json(false);
    if (closed && !members->contains(key)) {
        const auto known = keys_of(*members);
        const std::string meant = nearest_name(key, known);
        return "unknown key; " +
               (meant.empty() ? "expected one of " + list_names(known) : "did you mean \"" + meant + "\"?");
    }
    return complaint_about_name(part, key);
}

/// The first key that its object does not know or want, in the document's order.
std::optional<Mistake> find_wrong_key(const json& value, const json& part, const std::string& pointer) {
    std::size_t index = 0;
    for (const auto& [key, child] : value.items()) {
        const std::string token = value.is_array() ? std::to_string(index++) : key;
        const std::string below = append_token(pointer, token);
        if (value.is_object()) {
            if (std::string complaint = complaint_about_key(part, key); !complaint.empty()) {
                return Mistake{below, std::move(complaint)};
            }
        }
        const json* next = part_for(part, token);
        if (next != nullptr && child.is_structured()) {
            if (auto mistake = find_wrong_key(child, *next, below)) {
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

/// What `schema` expects at `pointer`, in words.
std::string expectation(const json& schema, const std::string& pointer) {
    const json* part = &schema;
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

Mistake describe(const valijson::ValidationResults::Error& error, const json& document, const json& schema) {
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
        return {pointer, "the key \"" + key + "\" is missing; expected " + expectation(schema, below)};
    }
    return {pointer, "is " + short_text(value) + "; expected " + expectation(schema, pointer)};
}

} // namespace

struct ProfileSchema::Parts {
    explicit Parts(std::string_view text) : document(json::parse(text)) {
        valijson::SchemaParser parser{valijson::SchemaParser::kDraft7};
        parser.populateSchema(valijson::adapters::NlohmannJsonAdapter{document}, validated);
    }

    json document;
    valijson::Schema validated;
};

ProfileSchema::ProfileSchema(std::string_view text) : parts_{std::make_unique<const Parts>(text)} {}

ProfileSchema::~ProfileSchema() = default;

std::string ProfileSchema::title() const {
    return parts_->document.at("title").get<std::string>();
}

std::optional<Mistake> ProfileSchema::check(const json& document) const {
    if (document.is_object()) {
        if (auto mistake = find_wrong_key(document, parts_->document, "")) {
            return mistake;
        }
    }
    valijson::Validator validator;
    valijson::ValidationResults results;
    if (validator.validate(parts_->validated, valijson::adapters::NlohmannJsonAdapter{document}, &results)) {
        return std::nullopt;
    }
    // The deepest error is the mistake itself; the others are its parents complaining about it.
    const valijson::ValidationResults::Error* deepest_error = nullptr;
    for (const auto& error : results) {
        if (deepest_error == nullptr || error.context.size() > deepest_error->context.size()) {
            deepest_error = &error;
        }
    }
    return deepest_error == nullptr ? Mistake{"", "is not " + title()}
                                    : describe(*deepest_error, document, parts_->document);
}

const ProfileSchema& desktop_schema() {
    static const ProfileSchema schema{desktop_schema_text};
    return schema;
}

const ProfileSchema& app_schema() {
    static const ProfileSchema schema{app_schema_text};
    return schema;
}

const ProfileSchema& dock_schema() {
    static const ProfileSchema schema{dock_schema_text};
    return schema;
}

} // namespace berth::store
