#pragma once

#include "base/result.hpp"
#include "model/profile.hpp"
#include "store/json_lines.hpp"
#include "store/schema_check.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace berth::store {

/// A profile's text that has passed its schema, with the place of each value, for what the schema cannot say.
struct CheckedDocument {
    std::string file; ///< for messages only
    nlohmann::json value;
    JsonLines lines;

    /// A bad_profile error about one value: "FILE:LINE: KEY: message".
    [[nodiscard]] Error mistake(const Mistake& mistake) const;
};

/// Checks the form (read_lines), then the content. bad_profile: "FILE:LINE: KEY: what is wrong; expected …".
Result<CheckedDocument> check_document(std::string_view text, const std::string& file, const ProfileSchema& schema);

/// The member `key` of `object` into `into`; an absent one leaves it as it is.
template <class T>
void take(const nlohmann::json& object, const char* key, T& into) {
    if (const auto found = object.find(key); found != object.end()) {
        into = found->get<T>();
    }
}

/// The list "volumes", which every kind of profile has in the same form.
std::vector<model::ProfileVolume> volumes_of(const nlohmann::json& document);

} // namespace berth::store
