#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace berth::store {

/// The name that a person most likely meant by `word`: the one with the fewest changes, inserts and removals, if those
/// are at most a third of its length (at least one); else "".
std::string nearest_name(std::string_view word, const std::vector<std::string>& names);

/// "\"a\", \"b\" and \"c\"", or "none".
std::string list_names(const std::vector<std::string>& names);

} // namespace berth::store
