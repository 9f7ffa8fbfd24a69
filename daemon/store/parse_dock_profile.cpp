#include "store/checked_document.hpp"
#include "store/json_lines.hpp"
#include "store/parse_profile.hpp"

namespace berth::store {
namespace {

using model::DeviceKind;
using nlohmann::json;

model::DockMatch match_from(const json& object) {
    model::DockMatch match;
    take(object, "id", match.id);
    take(object, "name", match.name);
    take(object, "display", match.display);
    for (const std::string word : object.value("has", json::array())) {
        match.has.push_back(
            model::device_kind_from(word).value_or(DeviceKind::other)); // the schema lets no other word pass
    }
    return match;
}

model::DockAction action_from(const json& document, const char* key) {
    return model::dock_action_from(document.value(key, "forward")).value_or(model::DockAction::forward);
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
    take(value, "question", profile.question);
    take(value, "answer_s", profile.answer_s);
    take(value, "docked-command", profile.docked_command);
    take(value, "undocked-command", profile.undocked_command);
    for (const char* key : {"on-dock", "on-undock"}) {
        if (action_from(value, key) == model::DockAction::ask && profile.question.empty()) {
            return document->mistake(
                {append_token("", key), "is \"ask\", and there is no \"question\"; expected a command that asks"});
        }
    }
    return profile;
}

} // namespace berth::store
