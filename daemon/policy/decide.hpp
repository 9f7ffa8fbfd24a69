#pragma once

#include "model/world.hpp"

namespace berth::policy {

/// What follows from `event` in `world`. Pure: the same arguments always give the same Decision.
/// Never throws for any event in any world; an event that means nothing now (a stale completion, an unknown seat)
/// leaves the World as it is and has no effects. Move the World in.
model::Decision decide(model::World world, const model::Event& event);

} // namespace berth::policy
