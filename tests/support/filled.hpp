#pragma once

#include "model/app_profile.hpp"
#include "model/door_item.hpp"
#include "model/effect.hpp"
#include "model/world.hpp"

#include <vector>

/// Model values in which every field differs from its default, so that a field that JSON forgets is noticed.
namespace berth::test {

model::DesktopProfile filled_profile();
model::AppProfile filled_app();
/// Of the kind `file`, with a content of every byte that there is.
model::DoorItem filled_door_item();
model::Seat filled_seat();
model::Client filled_client();
model::World filled_world();
std::vector<model::Request> every_request();
std::vector<model::StepFacts> every_fact();
/// At least one event of each kind, and each kind of request and step facts.
std::vector<model::Event> every_event();
/// At least one effect of each kind, and each kind of answer.
std::vector<model::Effect> every_effect();

} // namespace berth::test
