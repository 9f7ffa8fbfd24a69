#pragma once

#include <cstdint>
#include <string>

namespace berth::model {

/// A mount in a container that berth did not make, as it has to be known to be taken away again.
struct ForeignMount {
    std::string path;        ///< the directory it is on, in the container
    std::uint64_t number{0}; ///< the kernel's, of the mount (statx(2), STATX_MNT_ID)
    unsigned made{0};        ///< how many directories at the end of `path` were made for it

    bool operator==(const ForeignMount&) const = default;
};

} // namespace berth::model
