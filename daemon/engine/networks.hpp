#pragma once

#include "engine/operations.hpp"

#include <string>

namespace berth::engine {

/// Takes a container that was made, and is not set up yet, off its networks, and remembers them in the session; each is
/// a line in the engine's database so far. Where the engine cannot or will not, the container keeps them: whoever sets
/// it up sets them up, too.
Task<void> leave_networks(SharedSession session, std::string container);

/// Puts a container that runs on the networks that leave_networks() took it off. Ok, and nothing, where there are none.
Task<void> join_networks(SharedSession session, std::string container);

} // namespace berth::engine
