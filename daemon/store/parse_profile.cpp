#include "store/desktop_schema.hpp"
#include "store/json_lines.hpp"
#include "store/schema_check.hpp"

#include <nlohmann/json.hpp>

namespace berth::store {
namespace {

using nlohmann::json;

/// "/volumes/0/source" → "volumes[0].source", as people write it.
std::string key_for_people(const std::string& pointer, const json* document) {
    std::string key;
    const json* at = document;
    std::vector<std::string> tokens;
    for (json::json_pointer rest{pointer}; !rest.empty(); rest.pop_back()) {
        tokens.insert(tokens.begin(), rest.back());
    }
    for (const std::string& token : tokens) {
        const bool element = at != nullptr
                                 ? at->is_array()
                                 : token.find_first_not_of("0123456789") == std::string::npos && !token.empty();
        key += element ? "[" + token + "]" : (key.empty() ? "" : ".") + token;
        if (at != nullptr) {
            const json::json_pointer step{append_token("", token)};
            at = at->contains(step) ? &at->at(step) : nullptr;
        }
    }
    return key;
}

Error mistake_at(const std::string& file, int line, const std::string& key, const std::string& message) {
    return Error{ErrorCode::bad_profile,
                 file + ":" + std::to_string(line) + ": " + (key.empty() ? "" : key + ": ") + message};
}

template <class T>
void take(const json& object, const char* key, T& into) {
    if (const auto found = object.find(key); found != object.end()) {
        into = found->get<T>();
    }
}

model::SeatMode mode_from(const std::string& word) {
    return word == "logind"     ? model::SeatMode::logind
           : word == "vt"       ? model::SeatMode::vt
           : word == "headless" ? model::SeatMode::headless
                                : model::SeatMode::automatic;
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

std::vector<model::ProfileVolume> volumes_from(const json& list) {
    std::vector<model::ProfileVolume> volumes;
    for (const json& object : list) {
        model::ProfileVolume& volume = volumes.emplace_back();
        take(object, "source", volume.source);
        take(object, "target", volume.target);
        take(object, "readonly", volume.readonly);
    }
    return volumes;
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
    take(document, "probe", profile.probe);
    profile.mode = mode_from(document.value("mode", "auto"));
    profile.log_in_again = document.value("logout", "end") == "again";
    profile.user = user_from(document.value("user", json::object()));
    profile.devices = devices_from(document.value("devices", json::array()));
    profile.volumes = volumes_from(document.value("volumes", json::array()));
    profile.timeouts = timeouts_from(document.value("timeouts", json::object()));
    const json display = document.value("display", json::object());
    take(display, "width", profile.display.width);
    take(display, "height", profile.display.height);
    return profile;
}

} // namespace

Result<model::DesktopProfile> parse_profile(std::string_view text, const std::string& file, const std::string& name) {
    const auto lines = read_lines(text);
    if (!lines) {
        const FormError& error = lines.error();
        return mistake_at(file, error.line, key_for_people(error.key, nullptr), error.message);
    }
    const json document = json::parse(text);
    if (const auto mistake = check_against_schema(document)) {
        const auto line = lines->find(mistake->pointer);
        return mistake_at(file, line == lines->end() ? 1 : line->second, key_for_people(mistake->pointer, &document),
                          mistake->message);
    }
    return profile_from(document, name);
}

} // namespace berth::store
