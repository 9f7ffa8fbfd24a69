#include "store/parse_profile.hpp"

#include "store/checked_document.hpp"

namespace berth::store {
namespace {

using nlohmann::json;

model::SeatMode mode_from(const std::string& word) {
    return word == "logind"     ? model::SeatMode::logind
           : word == "vt"       ? model::SeatMode::vt
           : word == "headless" ? model::SeatMode::headless
                                : model::SeatMode::automatic;
}

model::LateCards late_cards_from(const std::string& word) {
    return word == "forward"  ? model::LateCards::forward
           : word == "reseat" ? model::LateCards::reseat
           : word == "ignore" ? model::LateCards::ignore
                              : model::LateCards::automatic;
}

model::DesktopUser user_from(const json& object) {
    model::DesktopUser user;
    take(object, "name", user.name);
    take(object, "uid", user.uid);
    take(object, "gid", user.gid);
    take(object, "groups", user.groups);
    return user;
}

std::vector<model::ProfileDevice> devices_from(const json& list) {
    std::vector<model::ProfileDevice> devices;
    for (const std::string path : list) {
        const bool optional = path.ends_with('?');
        devices.push_back({optional ? path.substr(0, path.size() - 1) : path, optional});
    }
    return devices;
}

model::ProfileTimeouts timeouts_from(const json& object) {
    model::ProfileTimeouts timeouts;
    take(object, "start_s", timeouts.start_s);
    take(object, "end_session_s", timeouts.end_session_s);
    take(object, "stop_s", timeouts.stop_s);
    take(object, "kill_s", timeouts.kill_s);
    return timeouts;
}

/// `document` has passed the schema: every value has its type.
model::DesktopProfile profile_from(const json& document, const std::string& name) {
    model::DesktopProfile profile;
    profile.name = name;
    take(document, "description", profile.description);
    take(document, "image", profile.image);
    take(document, "network", profile.network);
    take(document, "environment", profile.environment);
    take(document, "may-run", profile.may_run);
    take(document, "probe", profile.probe);
    profile.mode = mode_from(document.value("mode", "auto"));
    profile.log_in_again = document.value("logout", "end") == "again";
    profile.late_cards = late_cards_from(document.value("late-cards", "auto"));
    profile.user = user_from(document.value("user", json::object()));
    profile.devices = devices_from(document.value("devices", json::array()));
    profile.cdi = document.value("cdi", std::vector<std::string>{});
    profile.volumes = volumes_of(document);
    profile.timeouts = timeouts_from(document.value("timeouts", json::object()));
    const json display = document.value("display", json::object());
    take(display, "width", profile.display.width);
    take(display, "height", profile.display.height);
    return profile;
}

} // namespace

Result<model::DesktopProfile> parse_profile(std::string_view text, const std::string& file, const std::string& name) {
    const auto document = check_document(text, file, desktop_schema());
    if (!document) {
        return document.error();
    }
    return profile_from(document->value, name);
}

} // namespace berth::store
