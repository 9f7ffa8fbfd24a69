#pragma once

#include "model/effect.hpp"
#include "model/world.hpp"

#include <vector>

/// Model values in which every field differs from its default, so that a field that JSON forgets is noticed.
namespace berth::test {

model::DesktopProfile filled_profile();
model::Seat filled_seat();
model::World filled_world();
std::vector<model::Request> every_request();
std::vector<model::StepFacts> every_fact();
/// At least one event of each kind, and each kind of request and step facts.
std::vector<model::Event> every_event();
/// At least one effect of each kind, and each kind of answer.
std::vector<model::Effect> every_effect();

} // namespace berth::test
