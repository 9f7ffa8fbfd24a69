#include "store/profile_reader.hpp"

#include "store/desktop_schema.hpp"
#include "store/nearest_name.hpp"
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

/// 1 to 64 of letters, digits, '.', '_' and '-', beginning with a letter or digit: it can neither climb nor hide.
bool is_profile_name(std::string_view name) {
    constexpr std::string_view plain{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"};
    return !name.empty() && name.size() <= 64 && plain.find(name.front()) != std::string_view::npos &&
           name.find_first_not_of(std::string{plain} + "._-") == std::string_view::npos;
}

Error bad_profile(std::string message) {
    return Error{ErrorCode::bad_profile, std::move(message)};
}

bool exists(const std::string& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

} // namespace

ProfileReader::ProfileReader(std::vector<std::string> config_folders) : folders_{std::move(config_folders)} {}

std::vector<std::string> ProfileReader::names() {
    std::set<std::string> found;
    for (const std::string& folder : folders_) {
        std::error_code error;
        for (fs::directory_iterator entry{folder + "/desktops", error}; !error && entry != fs::directory_iterator{};
             entry.increment(error)) {
            std::string name = entry->path().filename().string();
            if (name.ends_with(suffix)) {
                name.resize(name.size() - suffix.size());
                if (is_profile_name(name)) {
                    found.insert(name);
                }
            }
        }
    }
    return {found.begin(), found.end()};
}

Result<model::DesktopProfile> ProfileReader::read(const std::string& name) {
    if (!is_profile_name(name)) {
        return bad_profile("desktop name \"" + name.substr(0, 80) +
                           "\": expected 1 to 64 letters, digits, '.', '_' and '-', a letter or digit first");
    }
    const auto folder = std::find_if(folders_.rbegin(), folders_.rend(), [&](const std::string& candidate) {
        struct stat status {};

        return ::lstat((candidate + "/desktops/" + name + ".json").c_str(), &status) == 0;
    });
    if (folder == folders_.rend()) {
        const auto known = names();
        const std::string meant = nearest_name(name, known);
        return bad_profile("no desktop is named \"" + name + "\"" +
                           (meant.empty() ? "" : ", did you mean \"" + meant + "\"?") +
                           "; known desktops: " + list_names(known));
    }
    const std::string file = *folder + "/desktops/" + name + ".json";
    const auto text = read_whole_file(file, largest_profile);
    if (!text) {
        return bad_profile(text.error().message);
    }
    return parse_profile(*text, file, name);
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
    for (const model::ProfileVolume& volume : profile.volumes) {
        if (!exists(volume.source)) {
            return bad_profile("desktop \"" + profile.name + "\" mounts " + volume.source +
                               ", which this host does not have; make it, or take it out of the profile's volumes");
        }
    }
    return {};
}

} // namespace berth::store
