#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <memory>

namespace berth::cli {

namespace {

void say_detail(const std::string& name, const std::string& value) {
    constexpr std::size_t column = 12;
    if (!value.empty()) {
        say("  " + name + std::string(name.size() < column ? column - name.size() : 1, ' ') + value);
    }
}

void say_seat(const client::Properties& seat) {
    const std::string desktop = text(seat, "Desktop");
    const std::string since = local_time(seat);
    say(text(seat, "Name") + ": " + text(seat, "State") +
        (desktop.empty() ? std::string{} : ", " + desktop + " (" + text(seat, "Mode") + ")") +
        (since.empty() ? std::string{} : ", since " + since));
    say_detail("image", text(seat, "Image"));
    say_detail("container", text(seat, "ContainerId").substr(0, 12));
    const auto vt = seat.find("Vt");
    say_detail("vt", vt == seat.end() || vt->second == 0U ? std::string{} : vt->second.dump());
    say_detail("display", text(seat, "Display"));
    say_detail("wayland", text(seat, "WaylandDisplay"));
    say_detail("runtime", text(seat, "RuntimeDirectory"));
    const auto failure = seat.find("LastFailure");
    if (failure != seat.end() && failure->second.is_array() && !failure->second.at(1).get<std::string>().empty()) {
        say_detail("last failure", " at " + failure->second.at(0).get<std::string>() + ": " +
                                       failure->second.at(1).get<std::string>() + ": " +
                                       failure->second.at(2).get<std::string>());
    }
}

void say_job(const std::string& path, const client::Properties& job) {
    constexpr double percent = 100;
    const auto progress = job.find("Progress");
    const long part = progress == job.end() ? 0 : std::lround(progress->second.get<double>() * percent);
    const std::string client = text(job, "Client");
    const std::string about = client.empty() || client == "/" ? text(job, "Seat") : client;
    say("job " + last_part(path) + ": " + text(job, "Kind") + " on " + last_part(about) + ", " + text(job, "State") +
        ", " + std::to_string(part) + "% " + text(job, "Phase") + ": " + text(job, "Message"));
}

/// One line: "firefox-1 (running), box (exited)".
std::string clients_of(const std::string& seat_path, const std::map<std::string, client::Properties>& clients) {
    std::vector<std::string> names;
    for (const auto& [path, client] : clients) {
        if (text(client, "Seat") == seat_path) {
            names.push_back(text(client, "Name") + " (" + text(client, "State") + ")");
        }
    }
    return joined(names, ", ");
}

int status(const Context& context, bool json) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const client::Overview overview = berthd.overview();
    if (json) {
        say_json({{"version", overview.version},
                  {"engine", overview.engine},
                  {"seats", objects(overview.seats)},
                  {"jobs", objects(overview.jobs)},
                  {"clients", objects(overview.clients)}});
        return exit_ok;
    }
    say("berthd " + overview.version + ", " + (overview.engine.empty() ? "no engine answers" : overview.engine));
    for (const auto& [path, seat] : overview.seats) {
        say_seat(seat);
        say_detail("clients", clients_of(path, overview.clients));
    }
    for (const auto& [path, job] : overview.jobs) {
        say_job(path, job);
    }
    return exit_ok;
}

} // namespace

void add_status(CLI::App& app, Context& context) {
    const auto json = std::make_shared<bool>(false);
    CLI::App* verb = app.add_subcommand("status", "show the seats and what runs on them");
    verb->add_flag("--json", *json, "as JSON, with the properties' bus names");
    verb->callback([&context, json] { context.run = [&context, json] { return status(context, *json); }; });
}

} // namespace berth::cli
