#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace berth::engine {

/// One entry of an archive that is written.
struct TarEntry {
    std::string path;   ///< relative to where the archive is unpacked
    std::string target; ///< of a symbolic link; empty: a folder, mode 0755
    std::uint32_t uid{0};
    std::uint32_t gid{0};

    bool operator==(const TarEntry&) const = default;
};

/// An archive in the format "ustar" (pax(1), "ustar Interchange Format"). invalid_argument: a path or target that it
/// has no room for (100 bytes, a path with its folder 255) or that has a NUL.
Result<std::string> write_tar(const std::vector<TarEntry>& entries);

/// The content of an archive's first entry; empty where that is no regular file. engine_unavailable: it is no archive,
/// or cut off.
Result<std::string> first_file_in_tar(std::string_view archive);

} // namespace berth::engine
