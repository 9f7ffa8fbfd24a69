#pragma once

#include <string>

namespace berth::client {

/// Where berthd's bus is: `option` (--bus), else BERTH_BUS, else the line in /run/berth/bus-address (made where there
/// is no system bus), else the system bus, which is the empty string.
std::string find_bus(const std::string& option, const std::string& address_file = "/run/berth/bus-address");

} // namespace berth::client
