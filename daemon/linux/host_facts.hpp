#pragma once

#include "model/facts.hpp"

namespace berth::os {

/// Looks at this host once: short system calls, no waiting. What cannot be read counts as not there.
model::HostFacts host_facts();

} // namespace berth::os
