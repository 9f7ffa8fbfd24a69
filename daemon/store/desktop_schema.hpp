#pragma once

#include "base/result.hpp"
#include "model/profile.hpp"

#include <string>
#include <string_view>

namespace berth::store {

/// The text of packaging/schemas/desktop.schema.json, built in.
extern const std::string_view desktop_schema_text;

/// A profile from its text. bad_profile: "FILE:LINE: KEY: what is wrong; expected …", KEY as in "display.width" or
/// "volumes[0].source". `file` is only for messages.
Result<model::DesktopProfile> parse_profile(std::string_view text, const std::string& file, const std::string& name);

} // namespace berth::store
