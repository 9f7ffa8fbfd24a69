#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace berth::model {

/// A filter before a desktop's session bus, by which a client reaches some names on it and no other.
struct BusFilter {
    std::string root; ///< host folder that only the host can change: the desktop's runtime directory
    std::string path; ///< the bus's socket below it, where the desktop may have put anything: no link is followed
    std::vector<std::string> names; ///< well-known names that may be talked to; a last ".*" takes in all below. Sorted
    std::uint32_t uid{0};           ///< the desktop's user: on his bus nobody else is let in
    std::uint32_t gid{0};

    bool operator==(const BusFilter&) const = default;
};

} // namespace berth::model
