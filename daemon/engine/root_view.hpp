#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace berth::engine {

/// Whether `path` (absolute) is there in the root of the process `pid`, as that process sees it: links lead nowhere
/// outside (openat2(2), RESOLVE_IN_ROOT). Nothing where the kernel does not say: no
/// such process, no right, no openat2. Any thread; opens nothing that a driver would notice (O_PATH).
std::optional<bool> is_in_root_of(pid_t pid, const std::string& path);

} // namespace berth::engine
