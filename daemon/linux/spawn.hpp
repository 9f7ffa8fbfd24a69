#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace berth::os {

/// A child that runs. Whoever has it reaps it, waitid(2) with P_PIDFD.
struct Spawned {
    pid_t pid{0};
    UniqueFd pidfd; ///< readable when it has ended; close-on-exec
};

/// Starts `argv` by posix_spawn(3): an empty environment, a session of its own, no signal blocked or ignored. Its
/// descriptor N is a copy of `descriptors[N]`, or /dev/null where that is negative; it has no others. The caller keeps
/// its own. failed: "start PROGRAM: strerror".
Result<Spawned> spawn(const std::vector<std::string>& argv, const std::vector<int>& descriptors);

/// Ends the process of a pidfd at once (SIGKILL); nothing where it has ended.
void kill_at_once(int pidfd) noexcept;

} // namespace berth::os
