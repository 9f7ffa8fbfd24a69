#include "cli/doctor_checks.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace berth::cli {

namespace {

Check berthd(const Context& context) {
    try {
        client::BerthClient client{client::find_bus(context.bus)};
        const auto overview = client.overview();
        return {"berthd", Health::ok, overview.version + ", " + std::to_string(overview.seats.size()) + " seat(s)", {}};
    } catch (const client::CallFailed& error) {
        return {"berthd", Health::missing, error.name(), error.message()};
    }
}

std::string line_of(const Check& check) {
    constexpr std::size_t name_column = 13;
    constexpr std::size_t health_column = 9;
    std::string line = name_of(check.health);
    line += std::string(health_column - line.size(), ' ') + check.name;
    line += std::string(check.name.size() < name_column ? name_column - check.name.size() : 1, ' ') + check.found;
    return check.hint.empty() ? line : line + "\n" + std::string(health_column, ' ') + "-> " + check.hint;
}

int doctor(const Context& context, bool json) {
    auto checks = check_host(this_host());
    checks.push_back(berthd(context));
    const bool missing =
        std::any_of(checks.begin(), checks.end(), [](const Check& check) { return check.health == Health::missing; });
    if (json) {
        nlohmann::json list = nlohmann::json::array();
        for (const Check& check : checks) {
            list.push_back({{"check", check.name},
                            {"health", name_of(check.health)},
                            {"found", check.found},
                            {"hint", check.hint}});
        }
        say_json({{"checks", list}, {"ready", !missing}});
    } else {
        for (const Check& check : checks) {
            say(line_of(check));
        }
    }
    return missing ? exit_failed : exit_ok;
}

} // namespace

void add_doctor(CLI::App& app, Context& context) {
    const auto json = std::make_shared<bool>(false);
    CLI::App* verb = app.add_subcommand("doctor", "say what this host can and cannot do, and what to install");
    verb->add_flag("--json", *json, "as JSON");
    verb->callback([&context, json] { context.run = [&context, json] { return doctor(context, *json); }; });
}

} // namespace berth::cli
