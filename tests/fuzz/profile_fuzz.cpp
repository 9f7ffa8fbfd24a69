#include "store/parse_profile.hpp"

#include <cstdint>
#include <cstdlib>

namespace {

using berth::Error;
using berth::model::ProfileVolume;

void demand(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check_error(const Error& error) {
    demand(error.code == berth::ErrorCode::bad_profile && error.message.starts_with("fuzz.json:"));
}

void check_volumes(const std::vector<ProfileVolume>& volumes) {
    for (const ProfileVolume& volume : volumes) {
        demand(volume.source.starts_with('/') && volume.target.size() >= 2);
    }
}

void check_desktop(const berth::model::DesktopProfile& profile) {
    for (const auto& device : profile.devices) {
        demand(device.path.starts_with("/dev/") && device.path.find("..") == std::string::npos);
    }
    check_volumes(profile.volumes);
    demand(!profile.image.empty() && profile.user.uid != 0 && profile.display.width >= 320);
}

void check_app(const berth::model::AppProfile& profile) {
    for (const auto* list : {&profile.grants, &profile.may_ask}) {
        for (const auto& grant : *list) {
            demand(berth::model::parse_grant(berth::model::text_of(grant)) == grant);
        }
    }
    for (const auto& [path, target] : profile.links) {
        demand(path.starts_with('/') && (path + "/").find("/../") == std::string::npos && !target.empty());
    }
    check_volumes(profile.volumes);
    demand(!profile.image.empty() && profile.stop_s <= 600 && profile.network != "auto");
    demand(profile.command.empty() || !profile.command.front().empty());
}

void check_dock(const berth::model::DockProfile& profile) {
    demand(profile.grace_s <= 600 && profile.match.id.size() <= 200 * 4 && profile.match.has.size() <= 16);
    for (const auto kind : profile.match.has) {
        demand(kind != berth::model::DeviceKind::other && kind != berth::model::DeviceKind::hub);
    }
}

} // namespace

/// Any bytes as a desktop's profile, as an app's and as a dock's: one that keeps what the schema promises, or a
/// bad_profile with a sentence.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (const auto desktop = berth::store::parse_profile(text, "fuzz.json", "fuzz")) {
        check_desktop(*desktop);
    } else {
        check_error(desktop.error());
    }
    if (const auto app = berth::store::parse_app_profile(text, "fuzz.json", "fuzz")) {
        check_app(*app);
    } else {
        check_error(app.error());
    }
    if (const auto dock = berth::store::parse_dock_profile(text, "fuzz.json", "fuzz")) {
        check_dock(*dock);
    } else {
        check_error(dock.error());
    }
    return 0;
}
