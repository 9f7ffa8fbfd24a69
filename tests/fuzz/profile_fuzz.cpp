#include "store/desktop_schema.hpp"

#include <cstdint>
#include <cstdlib>

/// Any bytes as a desktop profile: a profile that keeps what the schema promises, or a bad_profile with a sentence.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto profile = berth::store::parse_profile(text, "fuzz.json", "fuzz");
    if (!profile) {
        const auto& error = profile.error();
        if (error.code != berth::ErrorCode::bad_profile || !error.message.starts_with("fuzz.json:")) {
            std::abort();
        }
        return 0;
    }
    for (const auto& device : profile->devices) {
        if (!device.path.starts_with("/dev/") || device.path.find("..") != std::string::npos) {
            std::abort();
        }
    }
    for (const auto& volume : profile->volumes) {
        if (!volume.source.starts_with('/') || volume.target.size() < 2) {
            std::abort();
        }
    }
    if (profile->image.empty() || profile->user.uid == 0 || profile->display.width < 320) {
        std::abort();
    }
    return 0;
}
