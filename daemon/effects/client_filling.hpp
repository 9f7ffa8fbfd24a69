#pragma once

#include "effects/client_steps.hpp"
#include "model/client.hpp"

#include <string>
#include <vector>

/// What of a client's door is held, and how it becomes another one: as a whole, or not at all.
namespace berth::effects {

/// Where the door's filtered session bus listens, on the host's side.
std::string bus_socket_in(const model::ClientDoor& door);

/// The names on the session bus that the door's grants allow, sorted, each once.
std::vector<std::string> bus_names_in(const model::ClientDoor& door);

/// Of which kinds the grants are that the client has, asks for, or shows still.
ports::SeatShares::Kinds kinds_of(const model::Client& client);

/// The client's door, as far as its grants go: what a `take` could not take away is not held any more.
model::ClientDoor held_door(const model::Client& client);

/// Whether one of the door's grants shows an item of that name.
bool shows(const model::ClientDoor& door, const std::string& name);

/// Devices of which the door shows udev's record, by their names there, sorted, each once: of what becomes of them the
/// client is told.
std::vector<std::string> devices_in(const model::ClientDoor& door);

/// Device nodes that `before` allows and `after` does not.
std::vector<std::string> nodes_gone(const model::ClientDoor& before, const model::ClientDoor& after);

/// The client's container, as made with no more than `door` holds of it: what a grant made it with is taken back with
/// the grant.
ports::DeviceHolder holder_of(const model::Client& client, const model::ClientDoor& door,
                              const model::SeatShares& shares);

/// Lets the client open `nodes` no more. `after`: what it holds then. Done with the first error; a node that is gone is
/// none.
void forbid_nodes(const Ports& ports, const model::Client& client, const model::ClientDoor& after,
                  const model::SeatShares& shares, const std::vector<std::string>& nodes, Done<void> done);

/// /run/berth/env, from which a shell in the container reads what it has now.
Result<void> write_environment(const Ports& ports, const model::ClientId& client, const model::ClientDoor& door);

/// Gives what `grants` offer, besides what the client holds: items, environment, session bus, ports of its loopback,
/// device rules; in that order; then the client hears of new nodes by udev's own events. What is shown as it should be
/// is passed over. What fails undoes all of it, and what was there before is there. When all is given, what the door
/// showed and does not hold is taken out of it. Ends with the door as it is.
void fill_door(const Ports& ports, const model::Client& client, const std::vector<model::Grant>& grants,
               const grants::Surroundings& from, StepDone done, StepFailed failed);

} // namespace berth::effects
