#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"
#include "policy/dock_rules.hpp"
#include "store/profile_reader.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <set>
#include <utility>

namespace berth::cli {

namespace {

/// Seat.Displays; none where berthd is older than it.
nlohmann::json displays_of(const client::Properties& seat) {
    const auto found = seat.find("Displays");
    return found == seat.end() ? nlohmann::json::array() : found->second;
}

std::vector<std::string> display_ids(const client::Properties& seat) {
    std::vector<std::string> ids;
    for (const nlohmann::json& display : displays_of(seat)) {
        if (std::string id = display.at("Id").get<std::string>(); !id.empty()) {
            ids.push_back(std::move(id));
        }
    }
    return ids;
}

/// Each dock of each seat, with the seat's name as "Seat", and as "Displays" what its profile may ask of the screens.
nlohmann::json docks_of(const client::Overview& overview) {
    nlohmann::json docks = nlohmann::json::array();
    for (const auto& [path, seat] : overview.seats) {
        const auto plugged = seat.find("Docks");
        if (plugged == seat.end()) {
            continue;
        }
        for (nlohmann::json dock : plugged->second) {
            dock["Seat"] = text(seat, "Name");
            dock["Displays"] = display_ids(seat);
            docks.push_back(std::move(dock));
        }
    }
    return docks;
}

/// What a profile may name besides.
void say_screens(const client::Overview& overview) {
    std::vector<std::vector<std::string>> rows{{"SCREEN", "SEAT", "NAME"}};
    for (const auto& [path, seat] : overview.seats) {
        for (const nlohmann::json& display : displays_of(seat)) {
            rows.push_back({or_dash(display.at("Id").get<std::string>()), text(seat, "Name"),
                            or_dash(display.at("Name").get<std::string>())});
        }
    }
    if (rows.size() > 1) {
        say("");
        say_table(rows);
    }
}

int docks(const Context& context, bool json) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const client::Overview overview = berthd.overview();
    const nlohmann::json all = docks_of(overview);
    if (json) {
        say_json(all);
        return exit_ok;
    }
    std::vector<std::vector<std::string>> rows{{"DOCK", "SEAT", "PROFILE", "NAME", "HAS"}};
    for (const nlohmann::json& dock : all) {
        rows.push_back({dock.at("Id").get<std::string>(), dock.at("Seat").get<std::string>(),
                        or_dash(dock.at("Profile").get<std::string>()), or_dash(dock.at("Name").get<std::string>()),
                        or_dash(joined(dock.at("Has").get<std::vector<std::string>>(), ","))});
    }
    say_table(rows);
    say_screens(overview);
    return exit_ok;
}

/// Those that were ever plugged in.
int known_docks(const Context& context, bool json) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    std::set<std::string> here;
    for (const nlohmann::json& dock : docks_of(berthd.overview())) {
        here.insert(dock.at("Id").get<std::string>());
    }
    nlohmann::json all = nlohmann::json::array();
    std::vector<std::vector<std::string>> rows{{"DOCK", "SEAT", "SEEN", "NAME", "HAS"}};
    for (const client::KnownDock& dock : berthd.known_docks()) {
        const bool is_here = here.contains(dock.id);
        all.push_back({{"Id", dock.id},
                       {"Name", dock.name},
                       {"Seat", dock.seat},
                       {"Has", dock.has},
                       {"Seen", dock.seen},
                       {"Docked", is_here}});
        rows.push_back({dock.id, dock.seat, is_here ? "now" : local_time(dock.seen), or_dash(dock.name),
                        or_dash(joined(dock.has, ","))});
    }
    json ? say_json(all) : say_table(rows);
    return exit_ok;
}

/// As berthd has it, as far as profiles look at it.
model::Dock dock_from(const nlohmann::json& shown) {
    model::Dock dock{.id = shown.at("Id").get<std::string>(), .name = shown.at("Name").get<std::string>(), .path = {}};
    for (const std::string word : shown.at("Has")) {
        dock.has.push_back(model::device_kind_from(word).value_or(model::DeviceKind::other));
    }
    dock.displays = shown.at("Displays").get<std::vector<std::string>>();
    return dock;
}

/// Which programs are run for the dock; empty: none.
std::string commands_of(const model::DockProfile& profile) {
    std::string told;
    for (const auto& [key, command] : {std::pair{"docked-command", &profile.docked_command},
                                       std::pair{"undocked-command", &profile.undocked_command}}) {
        told += command->empty() ? std::string{} : std::string{", "} + key + " " + command->front();
    }
    return told;
}

std::string verdict_on(const model::DockProfile& profile, const model::Dock& dock, const std::string& own) {
    const std::string misfit = policy::misfit_of(profile.match, dock);
    if (!misfit.empty()) {
        return "is not about it: " + misfit;
    }
    return profile.name == own ? "is its own: on-dock " + std::string{model::name_of(profile.on_dock)} +
                                     ", on-undock " + std::string{model::name_of(profile.on_undock)} + ", grace " +
                                     std::to_string(profile.grace_s) + " s" + commands_of(profile)
                               : "is about it, and says less of it";
}

/// Each profile as the files have it now, and what it is to each dock. berthd reads them when a device comes or goes.
int explain_docks(const Context& context, const std::vector<std::string>& folders) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const auto profiles = store::ProfileReader{folders}.read_docks();
    for (const auto& profile : profiles) {
        if (!profile) {
            complain(profile.error().message);
        }
    }
    std::vector<model::DockProfile> good;
    for (const auto& profile : profiles) {
        if (profile) {
            good.push_back(*profile);
        }
    }
    for (const nlohmann::json& shown : docks_of(berthd.overview())) {
        const model::Dock dock = dock_from(shown);
        const model::DockProfile* const own = policy::profile_of(dock, good);
        say(dock.id + " (" + dock.name + ") on " + shown.at("Seat").get<std::string>() + ":" +
            (own == nullptr ? " no profile is about it, so it is forwarded" : ""));
        for (const model::DockProfile& profile : good) {
            say("  " + profile.name + " " + verdict_on(profile, dock, own == nullptr ? std::string{} : own->name));
        }
    }
    return good.size() == profiles.size() ? exit_ok : exit_failed;
}

int devices(const Context& context, bool json) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const std::vector<client::HostDevice> found = berthd.devices();
    if (json) {
        nlohmann::json all = nlohmann::json::array();
        for (const client::HostDevice& device : found) {
            all.push_back({{"Kind", device.kind},
                           {"Seat", device.seat},
                           {"Node", device.node},
                           {"Dock", device.dock},
                           {"Name", device.name}});
        }
        say_json(all);
        return exit_ok;
    }
    std::vector<std::vector<std::string>> rows{{"KIND", "SEAT", "NODE", "DOCK", "NAME"}};
    for (const client::HostDevice& device : found) {
        rows.push_back({device.kind, device.seat, or_dash(device.node), or_dash(device.dock), or_dash(device.name)});
    }
    say_table(rows);
    return exit_ok;
}

} // namespace

void add_docks(CLI::App& app, Context& context) {
    const auto json = std::make_shared<bool>(false);
    CLI::App* verb = app.add_subcommand("docks", "list the docks that are plugged in, and what is behind them");
    verb->add_flag("--json", *json, "as JSON");
    const auto all = std::make_shared<bool>(false);
    verb->add_flag("--all", *all, "list those that were ever plugged in, the one that was seen last first");
    CLI::App* explain = verb->add_subcommand("explain", "say which profile is whose, and why");
    const auto folders = std::make_shared<std::vector<std::string>>(
        std::vector<std::string>{BERTH_VENDOR_DIR, "/etc/berth", "/run/berth"});
    explain->add_option("--config", *folders, "the folders whose docks/ have the profiles (default: berthd's)");
    verb->callback([&context, json, all, folders, explain] {
        context.run = [&context, json, all, folders, is_explain = explain->parsed()] {
            if (is_explain) {
                return explain_docks(context, *folders);
            }
            return *all ? known_docks(context, *json) : docks(context, *json);
        };
    });
}

void add_devices(CLI::App& app, Context& context) {
    const auto json = std::make_shared<bool>(false);
    CLI::App* verb = app.add_subcommand("devices", "list the host's devices by their seats and docks");
    verb->add_flag("--json", *json, "as JSON");
    verb->callback([&context, json] { context.run = [&context, json] { return devices(context, *json); }; });
}

} // namespace berth::cli
