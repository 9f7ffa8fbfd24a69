#pragma once

#include "explain/places.hpp"
#include "explain/processes.hpp"

#include <string>
#include <vector>

namespace berth::explain {

/// Asks this host's kernel, by a descriptor that is opened for it and closed again. In a child process: an open can
/// hang while a hangup does. At most 500 ms. For programs with one thread.
std::optional<Modes> ask_kernel(unsigned vt, std::string& why);

/// The visible terminal by SYS/class/tty/tty0/active, 0 when it is not known; then `gaps` gets why.
unsigned read_visible(const Places& places, std::vector<Gap>& gaps);

/// The terminals that matter: visible, lent and home (0: none), each once, by number. One that is not allocated (no
/// SYS/class/vc/vcsN) is not asked.
std::vector<Terminal> read_terminals(const Places& places, const Processes& processes, unsigned visible, unsigned lent,
                                     unsigned home, std::vector<Gap>& gaps);

/// RUNTIME/guard/SEAT.lease.
Lease read_lease_of(const Places& places, const std::string& seat);

} // namespace berth::explain
