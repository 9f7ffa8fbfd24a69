#pragma once

#include "policy/ledger.hpp"

#include <map>
#include <string>
#include <vector>

/// What is run in a desktop for a dock that came or went: by its profile's commands it has, say, a default sound card
/// of its own. Pure, as all of the policy.
namespace berth::policy {

/// Not yet run in this desktop.
struct DueCommand {
    model::Dock dock;
    bool docked{false};               ///< it came; else it went
    std::vector<std::string> command; ///< empty: there is none for this way, but for the other
    model::Microseconds grace{0};     ///< how long the devices must stay so

    bool operator==(const DueCommand&) const = default;
};

/// For a desktop that is up: docks that are there and were not greeted, and docks that were and are not there any more.
[[nodiscard]] std::vector<DueCommand> due_commands(const model::World& world, const model::Seat& seat);

/// Runs what is due; the seat's desktop is up, and nothing else is done with it.
void run_dock_commands(Ledger& ledger, model::Seat& seat);

/// What a command is told of a dock: BERTH_DOCK, BERTH_DOCK_NAME, BERTH_DOCKED, BERTH_DOCK_NODES, BERTH_DOCK_DISPLAYS.
[[nodiscard]] std::map<std::string, std::string> environment_of(const model::Dock& dock, bool docked);

} // namespace berth::policy
