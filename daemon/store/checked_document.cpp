#include "store/checked_document.hpp"

namespace berth::store {
namespace {

using nlohmann::json;

/// "/volumes/0/source" → "volumes[0].source", as people write it.
std::string key_for_people(const std::string& pointer, const json* document) {
    std::string key;
    const json* at = document;
    std::vector<std::string> tokens;
    for (json::json_pointer rest{pointer}; !rest.empty(); rest.pop_back()) {
        tokens.insert(tokens.begin(), rest.back());
    }
    for (const std::string& token : tokens) {
        const bool element = at != nullptr
                                 ? at->is_array()
                                 : token.find_first_not_of("0123456789") == std::string::npos && !token.empty();
        key += element ? "[" + token + "]" : (key.empty() ? "" : ".") + token;
        if (at != nullptr) {
            const json::json_pointer step{append_token("", token)};
            at = at->contains(step) ? &at->at(step) : nullptr;
        }
    }
    return key;
}

Error mistake_at(const std::string& file, int line, const std::string& key, const std::string& message) {
    return Error{ErrorCode::bad_profile,
                 file + ":" + std::to_string(line) + ": " + (key.empty() ? "" : key + ": ") + message};
}

} // namespace

Error CheckedDocument::mistake(const Mistake& mistake) const {
    const auto line = lines.find(mistake.pointer);
    return mistake_at(file, line == lines.end() ? 1 : line->second, key_for_people(mistake.pointer, &value),
                      mistake.message);
}

Result<CheckedDocument> check_document(std::string_view text, const std::string& file, const ProfileSchema& schema) {
    if (text.empty()) { // the parser's words for it differ by its version
        return mistake_at(file, 1, "", "is empty; expected " + schema.title());
    }
    auto lines = read_lines(text);
    if (!lines) {
        const FormError& error = lines.error();
        return mistake_at(file, error.line, key_for_people(error.key, nullptr), error.message);
    }
    CheckedDocument document{file, json::parse(text), std::move(*lines)};
    if (const auto mistake = schema.check(document.value)) {
        return document.mistake(*mistake);
    }
    return document;
}

std::vector<model::ProfileVolume> volumes_of(const json& document) {
    std::vector<model::ProfileVolume> volumes;
    for (const json& object : document.value("volumes", json::array())) {
        model::ProfileVolume& volume = volumes.emplace_back();
        take(object, "source", volume.source);
        take(object, "target", volume.target);
        take(object, "readonly", volume.readonly);
    }
    return volumes;
}

} // namespace berth::store
