#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace berth::cli {

namespace {

using Row = std::vector<std::string>;

std::string state_of(const client::Properties& client) {
    const auto code = client.find("ExitCode");
    const bool ended = code != client.end() && code->second.is_number_integer() && code->second.get<int>() >= 0;
    return text(client, "State") + (ended ? " (" + code->second.dump() + ")" : std::string{});
}

/// "9min": what is left of a time limit.
std::string span_of(std::uint64_t until_us) {
    using namespace std::chrono;
    const auto now = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
    const auto left = std::max<std::int64_t>(0, (static_cast<std::int64_t>(until_us) - now + 999'999) / 1'000'000);
    constexpr std::int64_t minute = 60;
    constexpr std::int64_t hour = 3600;
    return left >= hour     ? std::to_string(left / hour) + "h" + std::to_string(left % hour / minute) + "min"
           : left >= minute ? std::to_string(left / minute) + "min"
                            : std::to_string(left) + "s";
}

/// "display", "sound(9min)", "gpu(:1.42)": with what ends by itself.
std::vector<std::string> grants_of(const client::Properties& client) {
    std::vector<std::string> grants = texts(client, "Grants");
    const auto until = client.find("GrantsUntil");
    const auto with = client.find("GrantsWith");
    for (std::string& grant : grants) {
        const std::string name = grant;
        std::vector<std::string> ends;
        if (until != client.end() && until->second.contains(name)) {
            ends.push_back(span_of(until->second.at(name).get<std::uint64_t>()));
        }
        if (with != client.end() && with->second.contains(name)) {
            ends.push_back(with->second.at(name).get<std::string>());
        }
        grant.append(ends.empty() ? std::string{} : "(" + joined(ends, ", ") + ")");
    }
    return grants;
}

Row row_of(const client::Properties& client) {
    return {text(client, "Name"),
            or_dash(text(client, "App")),
            state_of(client),
            or_dash(local_time(client)),
            or_dash(joined(grants_of(client), ",")),
            or_dash(joined(texts(client, "Command")))};
}

int ps(const Context& context, bool json) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const client::Overview overview = berthd.overview();
    if (json) {
        say_json(objects(overview.clients));
        return exit_ok;
    }
    std::vector<Row> rows{{"NAME", "APP", "STATE", "SINCE", "GRANTS", "COMMAND"}};
    for (const auto& [path, client] : overview.clients) {
        rows.push_back(row_of(client));
    }
    say_table(rows);
    return exit_ok;
}

} // namespace

void add_ps(CLI::App& app, Context& context) {
    const auto json = std::make_shared<bool>(false);
    CLI::App* verb = app.add_subcommand("ps", "list the client containers");
    verb->add_flag("--json", *json, "as JSON, with the properties' bus names");
    verb->callback([&context, json] { context.run = [&context, json] { return ps(context, *json); }; });
}

} // namespace berth::cli
