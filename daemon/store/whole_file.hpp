#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <string>

namespace berth::store {

/// The content of a regular file. An Error names the path: it cannot be opened or read, is no regular file (never
/// waits for a FIFO's writer), or is longer than `largest` bytes.
Result<std::string> read_whole_file(const std::string& path, std::size_t largest);

} // namespace berth::store
