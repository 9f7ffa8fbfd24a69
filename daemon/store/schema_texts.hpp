#pragma once

#include <string_view>

namespace berth::store {

/// The texts of packaging/schemas/desktop.schema.json, app.schema.json and dock.schema.json, built in, so that nothing
/// has to be found to check a profile.
extern const std::string_view desktop_schema_text;
extern const std::string_view app_schema_text;
extern const std::string_view dock_schema_text;

} // namespace berth::store
