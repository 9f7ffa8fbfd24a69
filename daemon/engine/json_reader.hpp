#pragma once

#include "base/result.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace berth::engine {

/// Parses an engine's answer. Nothing that an engine says is trusted: what is not JSON is engine_unavailable.
Result<nlohmann::json> parse_json(std::string_view text);

/// Takes values out of an engine's answer without trusting their types. A key that is absent, or null, gives an empty
/// value where the function's name ends in "_if_any"; every other surprise is remembered, the first one counts, and
/// `finish` gives it as engine_unavailable: "the container engine answered a number where a string was expected, at
/// /State/Status". Paths are JSON pointers (RFC 6901). Private to the room, as everything that names nlohmann::json.
class JsonReader {
  public:
    explicit JsonReader(const nlohmann::json& json, std::string where = "") : json_{json}, where_{std::move(where)} {}

    std::string string(const std::string& pointer);
    std::string string_if_any(const std::string& pointer);
    std::int64_t integer(const std::string& pointer);
    std::int64_t integer_if_any(const std::string& pointer);
    bool boolean_if_any(const std::string& pointer);
    /// An array of strings.
    std::vector<std::string> strings_if_any(const std::string& pointer);
    /// An object whose values are strings.
    std::map<std::string, std::string> map_if_any(const std::string& pointer);
    /// Calls `each` with a reader for each element of an array.
    void elements(const std::string& pointer, const std::function<void(JsonReader&)>& each);

    /// `value`, or the first surprise.
    template <class T>
    Result<T> finish(T value) const {
        if (!surprise_.empty()) {
            return Error{ErrorCode::engine_unavailable, surprise_};
        }
        return value;
    }

  private:
    const nlohmann::json* find(const std::string& pointer) const;
    void expected(std::string_view what, const nlohmann::json* found, const std::string& pointer);
    template <class T, class Check>
    T get(const std::string& pointer, std::string_view what, bool needed, Check check);

    const nlohmann::json& json_;
    std::string where_; ///< this reader's place in the whole answer, for messages
    std::string surprise_;
};

} // namespace berth::engine
