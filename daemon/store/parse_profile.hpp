#pragma once

#include "base/result.hpp"
#include "model/app_profile.hpp"
#include "model/hardware.hpp"

#include <string>
#include <string_view>

namespace berth::store {

/// A desktop's profile from its text. bad_profile: "FILE:LINE: KEY: what is wrong; expected …", KEY as in
/// "display.width" or "volumes[0].source". `file` is only for messages.
Result<model::DesktopProfile> parse_profile(std::string_view text, const std::string& file, const std::string& name);

/// An app's profile from its text. Errors as above; a grant that is none says what model::parse_grant says of it.
Result<model::AppProfile> parse_app_profile(std::string_view text, const std::string& file, const std::string& name);

/// A dock's profile from its text. Errors as of a desktop's.
Result<model::DockProfile> parse_dock_profile(std::string_view text, const std::string& file, const std::string& name);

} // namespace berth::store
