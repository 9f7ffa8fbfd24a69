#pragma once

#include "model/event.hpp"
#include "ports/engine.hpp"

#include <functional>
#include <string>

namespace berth::effects {

/// Asks the engine for desktop containers that an earlier berthd with the same runtime directory (`instance`) made.
/// An engine that does not answer has none: the seat works again once the engine does.
void find_leftovers(ports::Engine& engine, const std::string& instance,
                    std::function<void(model::LeftoversFound)> done);

/// One container as a leftover, from its labels.
model::Leftover leftover_from(const ports::ContainerInfo& info);

} // namespace berth::effects
