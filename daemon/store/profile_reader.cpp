#include "store/profile_reader.hpp"

#include "store/nearest_name.hpp"
#include "store/parse_profile.hpp"
#include "store/whole_file.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

namespace berth::store {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_profile = std::size_t{64} * 1024;
constexpr std::string_view suffix{".json"};

Error bad_profile(std::string message) {
    return Error{ErrorCode::bad_profile, std::move(message)};
}

bool exists(const std::string& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

/// A kind of profile: its folder below each configuration folder, which is its plural, and its word in messages.
struct Kind {
    std::string_view folder;
    std::string_view word;
};

constexpr Kind desktop_kind{"desktops", "desktop"};
constexpr Kind app_kind{"apps", "app"};
constexpr Kind dock_kind{"docks", "dock"};

std::string folder_of(const Kind& kind, const std::string& config_folder) {
    return config_folder + "/" + std::string{kind.folder};
}

std::vector<std::string> names_of(const Kind& kind, const std::vector<std::string>& folders) {
    std::set<std::string> found;
    for (const std::string& folder : folders) {
        std::error_code error;
        for (fs::directory_iterator entry{folder_of(kind, folder), error}; !error && entry != fs::directory_iterator{};
             entry.increment(error)) {
            std::string name = entry->path().filename().string();
            if (name.ends_with(suffix)) {
                name.resize(name.size() - suffix.size());
                if (model::is_profile_name(name)) {
                    found.insert(name);
                }
            }
        }
    }
    return {found.begin(), found.end()};
}

Error unknown_name(const Kind& kind, const std::string& name, const std::vector<std::string>& known) {
    const std::string meant = nearest_name(name, known);
    return bad_profile("no " + std::string{kind.word} + " is named \"" + name + "\"" +
                       (meant.empty() ? "" : ", did you mean \"" + meant + "\"?") + "; known " +
                       std::string{kind.folder} + ": " + list_names(known));
}

/// Reads the file of the last folder that has one, and `parse`s it: (text, file, name) → Result of a profile.
template <class Parse>
auto read_profile(const Kind& kind, const std::vector<std::string>& folders, const std::string& name, Parse parse)
    -> decltype(parse(std::string_view{}, name, name)) {
    if (!model::is_profile_name(name)) {
        return bad_profile(std::string{kind.word} + " name \"" + name.substr(0, 80) +
                           "\": expected 1 to 64 letters, digits, '.', '_' and '-', a letter or digit first");
    }
    const auto file_in = [&](const std::string& folder) { return folder_of(kind, folder) + "/" + name + ".json"; };
    const auto folder = std::find_if(folders.rbegin(), folders.rend(), [&](const std::string& candidate) {
        struct stat status {};

        return ::lstat(file_in(candidate).c_str(), &status) == 0;
    });
    if (folder == folders.rend()) {
        return unknown_name(kind, name, names_of(kind, folders));
    }
    const std::string file = file_in(*folder);
    const auto text = read_whole_file(file, largest_profile);
    if (!text) {
        return bad_profile(text.error().message);
    }
    return parse(*text, file, name);
}

Result<void> check_volumes(const Kind& kind, const std::string& name,
                           const std::vector<model::ProfileVolume>& volumes) {
    for (const model::ProfileVolume& volume : volumes) {
        if (!exists(volume.source)) {
            return bad_profile(std::string{kind.word} + " \"" + name + "\" mounts " + volume.source +
                               ", which this host does not have; make it, or take it out of the profile's volumes");
        }
    }
    return {};
}

} // namespace

ProfileReader::ProfileReader(std::vector<std::string> config_folders) : folders_{std::move(config_folders)} {}

std::vector<std::string> ProfileReader::names() {
    return names_of(desktop_kind, folders_);
}

std::vector<std::string> ProfileReader::app_names() {
    return names_of(app_kind, folders_);
}

Result<model::DesktopProfile> ProfileReader::read(const std::string& name) {
    return read_profile(desktop_kind, folders_, name, parse_profile);
}

Result<model::AppProfile> ProfileReader::read_app(const std::string& name) {
    return read_profile(app_kind, folders_, name, parse_app_profile);
}

std::vector<Result<model::DockProfile>> ProfileReader::read_docks() {
    std::vector<Result<model::DockProfile>> profiles;
    for (const std::string& name : names_of(dock_kind, folders_)) {
        profiles.push_back(read_profile(dock_kind, folders_, name, parse_dock_profile));
    }
    return profiles;
}

Result<void> ProfileReader::check_host(const model::DesktopProfile& profile, model::SeatMode mode) {
    if (mode != model::SeatMode::headless) {
        for (const model::ProfileDevice& device : profile.devices) {
            if (!device.optional && !exists(device.path)) {
                return bad_profile("desktop \"" + profile.name + "\" needs the device " + device.path +
                                   ", which this host does not have; write \"" + device.path +
                                   "?\" in its profile if it can do without, or use mode headless");
            }
        }
    }
    return check_volumes(desktop_kind, profile.name, profile.volumes);
}

Result<void> ProfileReader::check_app_host(const model::AppProfile& profile) {
    return check_volumes(app_kind, profile.name, profile.volumes);
}

} // namespace berth::store
