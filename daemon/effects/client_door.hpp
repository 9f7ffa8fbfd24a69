#pragma once

#include "effects/client_steps.hpp"

/// The steps that change what a client's door shows: open, give, take, adopt, close.
namespace berth::effects {

/// The client's seat; where it is no more, its name alone.
model::Seat seat_of(const ClientContext& context, const model::Client& client);

/// What grants are made from, for this client's seat; its /tmp volume is asked of the engine.
void find_surroundings(const ClientContext& context, const model::Client& client,
                       std::function<void(grants::Surroundings)> found);

void open_client_door(const ClientContext& context, const model::Client& client, StepDone done, StepFailed failed);
void give_grants(const ClientContext& context, const model::Client& client, StepDone done, StepFailed failed);
void take_grants(const ClientContext& context, const model::Client& client, StepDone done, StepFailed failed);
void adopt_client(const ClientContext& context, const model::Client& client, StepDone done, StepFailed failed);
void close_client_door(const ClientContext& context, const model::Client& client, const StepDone& done,
                       const StepFailed& failed);

} // namespace berth::effects
