#pragma once

#include "base/result.hpp"

#include <map>
#include <string>
#include <string_view>

namespace berth::store {

/// Where each value of a JSON document stands: JSON pointer (RFC 6901) → line, counted from 1.
using JsonLines = std::map<std::string, int>;

/// The first mistake in a document's form.
struct FormError {
    int line{1};
    std::string key; ///< JSON pointer of the value, "" for the document
    std::string message;
};

/// Checks that `text` is one JSON document with nothing twice in an object, no NUL in a text, no text longer than
/// `longest_text` bytes and no nesting deeper than `deepest`, and says on which line each value stands.
boost::system::result<JsonLines, FormError> read_lines(std::string_view text);

constexpr std::size_t longest_text = 2048;
constexpr std::size_t deepest = 16;

/// `pointer` with one more reference token, escaped.
std::string append_token(const std::string& pointer, std::string_view token);

} // namespace berth::store
