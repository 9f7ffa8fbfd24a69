#pragma once

#include "base/result.hpp"

#include <string>

namespace berth::test {

/// The file system of a container image of 2 MB as a tar archive, made from this machine's static busybox without any
/// registry: /bin/busybox, links to it in /bin, and empty /proc, /sys, /dev, /run, /etc, /tmp, /mnt. Or why there is
/// none. `folder` is an empty one to work in.
Result<std::string> tiny_image(const std::string& folder);

} // namespace berth::test
