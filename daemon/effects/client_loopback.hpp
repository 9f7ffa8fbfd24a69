#pragma once

#include "effects/runner.hpp"
#include "model/client.hpp"
#include "model/loopback_port.hpp"

#include <cstdint>
#include <vector>

/// Ports of a client's own loopback, behind which its desktop is.
namespace berth::effects {

/// Those that the door's grants have, sorted, each once.
std::vector<std::uint16_t> ports_in(const model::ClientDoor& door);

/// Opens them one after another in the network of `init`; the first that cannot be had is the error, and what was
/// opened before it stays.
void open_ports(const Ports& ports, const model::ClientId& client, pid_t init, std::vector<model::LoopbackPort> wanted,
                Done<void> done);

/// Closes what `before` has and `after` does not.
void close_ports_gone(const Ports& ports, const model::ClientId& client, const model::ClientDoor& before,
                      const model::ClientDoor& after);

} // namespace berth::effects
