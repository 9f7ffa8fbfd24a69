#pragma once

#include <string>

namespace berth::bus {

/// `folder`, a slash and `name`, escaped as sd_bus_path_encode(3) does. Throws std::runtime_error when memory is out.
std::string encoded_path(const char* folder, const std::string& name);

} // namespace berth::bus
