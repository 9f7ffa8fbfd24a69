#include "policy/dock_commands.hpp"

#include "policy/dock_rules.hpp"

#include <algorithm>

namespace berth::policy {

using namespace model;

namespace {

constexpr std::uint32_t command_limit_s = 60;

std::string with_spaces(const std::vector<std::string>& words) {
    std::string line;
    for (const std::string& word : words) {
        line += (line.empty() ? "" : " ") + word;
    }
    return line;
}

void add_missing(std::vector<DueCommand>& due, const World& world, const std::vector<Dock>& these,
                 const std::vector<Dock>& others, bool docked) {
    for (const Dock& dock : these) {
        const DockProfile* const profile = holds(others, dock) ? nullptr : profile_of(dock, world.dock_profiles);
        if (profile != nullptr && !(profile->docked_command.empty() && profile->undocked_command.empty())) {
            due.push_back(
                {dock, docked, docked ? profile->docked_command : profile->undocked_command, grace_of(*profile)});
        }
    }
}

} // namespace

std::vector<DueCommand> due_commands(const World& world, const Seat& seat) {
    std::vector<DueCommand> due;
    if (seat.plan && world.hardware_known) {
        add_missing(due, world, seat.greeted, seat.docks, false);
        add_missing(due, world, seat.docks, seat.greeted, true);
    }
    return due;
}

void run_dock_commands(Ledger& ledger, Seat& seat) {
    for (DueCommand& due : due_commands(ledger.world(), seat)) {
        if (!due.command.empty()) {
            ledger.emit(AskDesktop{seat.name, 0, std::move(due.command), environment_of(due.dock, due.docked),
                                   command_limit_s});
        }
        if (due.docked) {
            seat.greeted.push_back(due.dock);
        } else {
            std::erase_if(seat.greeted, [&](const Dock& dock) { return dock.id == due.dock.id; });
        }
    }
}

std::map<std::string, std::string> environment_of(const Dock& dock, bool docked) {
    return {{"BERTH_DOCK", dock.id},
            {"BERTH_DOCK_NAME", dock.name},
            {"BERTH_DOCKED", docked ? "1" : "0"},
            {"BERTH_DOCK_NODES", with_spaces(dock.nodes)},
            {"BERTH_DOCK_DISPLAYS", with_spaces(dock.displays)}};
}

} // namespace berth::policy
