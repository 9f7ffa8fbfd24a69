#pragma once

#include <string>

namespace berth::bus {

/// The object of a unit of the service manager, "/org/freedesktop/systemd1/unit/berthd_2eservice"
/// (org.freedesktop.systemd1(5)).
std::string unit_path(const std::string& unit);

} // namespace berth::bus
