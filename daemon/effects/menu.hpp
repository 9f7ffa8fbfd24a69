#pragma once

#include "model/app_profile.hpp"
#include "model/profile.hpp"
#include "ports/outside.hpp"

#include <map>
#include <string>

namespace berth::effects {

/// The apps that a desktop may run, as files for its menu: name → content (Desktop Entry Specification 1.5). An app
/// whose profile cannot be read is passed over, and the log says why.
std::map<std::string, std::string> menu_of(ports::Profiles& profiles, const model::DesktopProfile& desktop);

/// One app's entry. What it runs is `berth run NAME` of the desktop's image.
std::string menu_entry(const model::AppProfile& app);

} // namespace berth::effects
