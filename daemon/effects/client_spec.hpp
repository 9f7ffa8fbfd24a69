#pragma once

#include "effects/container_spec.hpp"
#include "grants/offer.hpp"
#include "model/client.hpp"

#include <map>
#include <string>
#include <vector>

namespace berth::effects {

namespace label {
inline constexpr const char* client = "org.berth.client"; ///< on a client's container: its name
inline constexpr const char* app = "org.berth.app";
} // namespace label

/// The container of a client whose door is open. Pure. `offer`: all that it is given at its creation.
ports::ContainerSpec client_spec(const model::Client& client, const grants::Offer& offer,
                                 const grants::Surroundings& from, const std::string& instance);

/// The symbolic links that are made in it before it starts: path → target. The profile's word wins.
std::map<std::string, std::string> client_links(const model::Client& client, const grants::Offer& offer);

/// What each grant makes in the door, for the World.
std::map<std::string, model::GrantParts> parts_of(const std::vector<model::Grant>& grants,
                                                  const grants::Surroundings& from);

/// "c 226:128 rw": a rule of the device controller that a node may be opened.
std::string device_rule(const model::NodeFacts& node);

/// Folders that each door has, since a container's own paths are bound to them.
std::vector<std::string> door_folders();

} // namespace berth::effects
