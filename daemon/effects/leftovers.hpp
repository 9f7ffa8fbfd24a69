#pragma once

#include "effects/runner.hpp"
#include "model/event.hpp"
#include "ports/engine.hpp"

#include <functional>
#include <string>

namespace berth::effects {

/// Asks the engine for desktop containers that an earlier berthd with the same runtime directory (`instance`) made, and
/// reads what that one kept of its seats. Of an engine that does not answer the kernel is asked instead: whether the
/// init that was kept still runs in its container.
void find_leftovers(const Ports& ports, const std::string& instance, std::function<void(model::LeftoversFound)> done);

/// A client's container as a leftover; `seat` is the client's name.
model::Leftover client_leftover_from(const ports::ContainerInfo& info);

/// One container as a leftover, from its labels.
model::Leftover leftover_from(const ports::ContainerInfo& info);

} // namespace berth::effects
