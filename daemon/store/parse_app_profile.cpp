#include "store/checked_document.hpp"
#include "store/parse_profile.hpp"

namespace berth::store {
namespace {

using nlohmann::json;

/// Where each grant of a profile stands first, over both of its lists.
using Places = std::map<model::Grant, std::string>;

/// The grants of the list `key`: each exact, and none that stands in the profile already. Those with a "?" at their end
/// go into `optional`, too; nullptr: there may be none.
Result<std::vector<model::Grant>> grants_of(const CheckedDocument& document, const std::string& key, Places& places,
                                            std::vector<model::Grant>* optional) {
    std::vector<model::Grant> grants;
    for (const std::string text : document.value.value(key, json::array())) {
        const std::string pointer = append_token(append_token("", key), std::to_string(grants.size()));
        const bool is_optional = optional != nullptr && text.ends_with('?');
        const auto grant = model::parse_grant(is_optional ? text.substr(0, text.size() - 1) : text);
        if (!grant) {
            return document.mistake({pointer, grant.error().message});
        }
        if (const auto [first, fresh] = places.emplace(*grant, pointer); !fresh) {
            return document.mistake({pointer, "the grant \"" + text + "\" stands here twice, the first time on line " +
                                                  std::to_string(document.lines.at(first->second))});
        }
        grants.push_back(*grant);
        if (is_optional) {
            optional->push_back(*grant);
        }
    }
    return grants;
}

model::AppLimits limits_of(const json& document) {
    model::AppLimits limits;
    const json object = document.value("limits", json::object());
    take(object, "memory_mib", limits.memory_mib);
    take(object, "pids", limits.pids);
    take(object, "cpu_percent", limits.cpu_percent);
    return limits;
}

model::AppMenu menu_of(const json& document) {
    model::AppMenu menu;
    const json object = document.value("menu", json::object());
    take(object, "title", menu.title);
    take(object, "icon", menu.icon);
    take(object, "categories", menu.categories);
    take(object, "types", menu.types);
    return menu;
}

} // namespace

Result<model::AppProfile> parse_app_profile(std::string_view text, const std::string& file, const std::string& name) {
    const auto document = check_document(text, file, app_schema());
    if (!document) {
        return document.error();
    }
    model::AppProfile profile;
    profile.name = name;
    Places places;
    auto grants = grants_of(*document, "grants", places, &profile.optional);
    auto may_ask = grants ? grants_of(*document, "may-ask", places, nullptr) : grants;
    if (!may_ask) {
        return may_ask.error();
    }
    profile.grants = std::move(*grants);
    profile.may_ask = std::move(*may_ask);
    const json& value = document->value;
    take(value, "description", profile.description);
    take(value, "image", profile.image);
    take(value, "command", profile.command);
    take(value, "seat", profile.seat);
    take(value, "user", profile.user);
    take(value, "workdir", profile.working_directory);
    take(value, "environment", profile.environment);
    take(value, "links", profile.links);
    take(value, "network", profile.network);
    take(value, "capabilities", profile.capabilities);
    take(value, "cdi", profile.cdi);
    take(value, "keep", profile.keep);
    take(value, "stop_s", profile.stop_s);
    profile.volumes = volumes_of(value);
    profile.limits = limits_of(value);
    profile.menu = menu_of(value);
    if (!profile.command.empty() && profile.command.front().empty()) {
        return document->mistake({"/command/0", "is \"\"; expected a program's name or path"});
    }
    return profile;
}

} // namespace berth::store
