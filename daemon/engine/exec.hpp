#pragma once

#include "engine/operations.hpp"

#include <chrono>
#include <string>

namespace berth::engine {

/// A command to be made by POST /containers/X/exec.
struct ExecRequest {
    ports::ExecSpec exec;
    bool terminal{false};
    bool open_stdin{false};
    std::string working_directory; ///< absolute; empty: the container's own
};

/// Makes a command without starting it; the engine's id for it.
Task<std::string> make_exec(SharedSession session, std::string container, ExecRequest wanted,
                            std::chrono::milliseconds limit);

/// The exit code of a command that has ended, or ends before `end`: timed_out if not. The streams end a moment before
/// the engine has noted the code, and it has no event for that: it is asked again.
Task<int> exit_code_of(SharedSession session, std::string id, std::chrono::steady_clock::time_point end);

} // namespace berth::engine
