#include "engine/json_reader.hpp"

namespace berth::engine {
namespace {

using nlohmann::json;

/// The kind of a JSON value with its article, for a sentence.
std::string_view kind_of(const json* value) {
    if (value == nullptr) {
        return "nothing";
    }
    switch (value->type()) {
    case json::value_t::null:
        return "null";
    case json::value_t::object:
        return "an object";
    case json::value_t::array:
        return "an array";
    case json::value_t::string:
        return "a string";
    case json::value_t::boolean:
        return "a boolean";
    case json::value_t::number_integer:
    case json::value_t::number_unsigned:
    case json::value_t::number_float:
        return "a number";
    case json::value_t::binary:
    case json::value_t::discarded:
        return "something else";
    }
    return "something else";
}

bool is_string(const json& value) {
    return value.is_string();
}

/// A float, or an unsigned beyond int64, would be cut silently by get<int64_t>.
bool is_integer(const json& value) {
    return value.is_number_integer() &&
           (!value.is_number_unsigned() || value.get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
}

} // namespace

Result<json> parse_json(std::string_view text) {
    json parsed = json::parse(text, nullptr, false);
    if (parsed.is_discarded()) {
        return Error{ErrorCode::engine_unavailable, "the container engine answered what is not JSON"};
    }
    return Result<json>{boost::system::in_place_value, std::move(parsed)}; // a json converts to too much
}

const json* JsonReader::find(const std::string& pointer) const {
    const json::json_pointer path{pointer};
    if (!json_.contains(path)) {
        return nullptr;
    }
    const json& value = json_.at(path);
    return value.is_null() ? nullptr : &value;
}

void JsonReader::expected(std::string_view what, const json* found, const std::string& pointer) {
    if (surprise_.empty()) {
        const std::string place = where_ + pointer;
        surprise_.append("the container engine answered ")
            .append(kind_of(found))
            .append(" where ")
            .append(what)
            .append(" was expected, at ")
            .append(place.empty() ? "/" : place);
    }
}

template <class T, class Check>
T JsonReader::get(const std::string& pointer, std::string_view what, bool needed, Check check) {
    const json* value = find(pointer);
    if (value != nullptr && check(*value)) {
        return value->get<T>();
    }
    if (value != nullptr || needed) {
        expected(what, value, pointer);
    }
    return T{};
}

std::string JsonReader::string(const std::string& pointer) {
    return get<std::string>(pointer, "a string", true, is_string);
}

std::string JsonReader::string_if_any(const std::string& pointer) {
    return get<std::string>(pointer, "a string", false, is_string);
}

std::int64_t JsonReader::integer(const std::string& pointer) {
    return get<std::int64_t>(pointer, "a whole number", true, is_integer);
}

std::int64_t JsonReader::integer_if_any(const std::string& pointer) {
    return get<std::int64_t>(pointer, "a whole number", false, is_integer);
}

bool JsonReader::boolean_if_any(const std::string& pointer) {
    return get<bool>(pointer, "a boolean", false, [](const json& value) { return value.is_boolean(); });
}

std::vector<std::string> JsonReader::strings_if_any(const std::string& pointer) {
    std::vector<std::string> strings;
    if (find(pointer) != nullptr) {
        elements(pointer, [&strings](JsonReader& element) { strings.push_back(element.string("")); });
    }
    return strings;
}

std::map<std::string, std::string> JsonReader::map_if_any(const std::string& pointer) {
    std::map<std::string, std::string> strings;
    const json* value = find(pointer);
    if (value == nullptr) {
        return strings;
    }
    if (!value->is_object()) {
        expected("an object", value, pointer);
        return strings;
    }
    for (const auto& [key, entry] : value->items()) {
        if (entry.is_string()) {
            strings.emplace(key, entry.get<std::string>());
        } else {
            expected("a string", &entry, pointer + "/" + key);
        }
    }
    return strings;
}

void JsonReader::elements(const std::string& pointer, const std::function<void(JsonReader&)>& each) {
    const json* value = find(pointer);
    if (value == nullptr || !value->is_array()) {
        expected("an array", value, pointer);
        return;
    }
    for (std::size_t index = 0; index < value->size(); ++index) {
        JsonReader reader{(*value)[index], where_ + pointer + "/" + std::to_string(index)};
        each(reader);
        if (surprise_.empty()) {
            surprise_ = reader.surprise_;
        }
    }
}

} // namespace berth::engine
