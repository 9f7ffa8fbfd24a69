#include "store/checked_document.hpp"
#include "store/parse_profile.hpp"

#include <algorithm>
#include <array>

namespace berth::store {
namespace {

using model::DeviceKind;
using nlohmann::json;

/// The schema's list of what can be behind a dock.
constexpr std::array kinds{DeviceKind::keyboard, DeviceKind::mouse,   DeviceKind::touch,
                           DeviceKind::joystick, DeviceKind::sound,   DeviceKind::camera,
                           DeviceKind::network,  DeviceKind::storage, DeviceKind::gpu};

DeviceKind kind_from(const std::string& word) {
    const auto* const found =
        std::find_if(kinds.begin(), kinds.end(), [&](DeviceKind kind) { return model::name_of(kind) == word; });
    return found == kinds.end() ? DeviceKind::other : *found; // never: the schema has the same words
}

model::DockMatch match_from(const json& object) {
    model::DockMatch match;
    take(object, "id", match.id);
    take(object, "name", match.name);
    for (const std::string word : object.value("has", json::array())) {
        match.has.push_back(kind_from(word));
    }
    return match;
}

model::DockAction action_from(const json& document, const char* key) {
    return document.value(key, "forward") == "reseat" ? model::DockAction::reseat : model::DockAction::forward;
}

} // namespace

Result<model::DockProfile> parse_dock_profile(std::string_view text, const std::string& file, const std::string& name) {
    const auto document = check_document(text, file, dock_schema());
    if (!document) {
        return document.error();
    }
    const json& value = document->value;
    model::DockProfile profile;
    profile.name = name;
    take(value, "description", profile.description);
    profile.match = match_from(value.value("match", json::object()));
    profile.on_dock = action_from(value, "on-dock");
    profile.on_undock = action_from(value, "on-undock");
    take(value, "grace_s", profile.grace_s);
    return profile;
}

} // namespace berth::store
