#pragma once

#include "ports/engine.hpp"

#include <string>

namespace berth::effects {

/// Creates a container whose name is berth's to give. One of that name that an interrupted run left is removed: it is
/// hardly ever there, so it is looked for only when the engine does not make the new one; then its second word counts.
void create_named(ports::Engine& engine, const ports::ContainerSpec& spec, Done<std::string> done);

} // namespace berth::effects
