#pragma once

#include "explain/places.hpp"
#include "explain/processes.hpp"

#include <vector>

namespace berth::explain {

/// logind's sessions by its files RUN/systemd/sessions/ID, which it writes anew at each change ("This is private data",
/// they say; the keys have been the same since 2012, and sd-login(3) reads them too).
std::vector<Session> read_sessions(const Places& places, const Processes& processes, std::vector<Gap>& gaps);

} // namespace berth::explain
