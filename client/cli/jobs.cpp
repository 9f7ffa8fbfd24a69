#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace berth::cli {

namespace {

using Row = std::vector<std::string>;

/// The client that a job is about, or else the seat.
std::string subject(const std::string& seat_path, const std::string& client_path) {
    return last_part(client_path.empty() || client_path == "/" ? seat_path : client_path);
}

nlohmann::json json_of(const client::EndedJob& job) {
    return {{"Path", job.path},    {"Kind", job.kind},   {"Seat", job.seat},          {"Client", job.client},
            {"State", job.result}, {"Error", job.error}, {"ExitCode", job.exit_code}, {"Ended", job.ended}};
}

int jobs(const Context& context, bool json) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const auto running = berthd.overview().jobs;
    nlohmann::json all = objects(running);
    std::vector<Row> rows{{"JOB", "KIND", "OF", "STATE", "ENDED", "MESSAGE"}};
    for (const auto& [path, job] : running) {
        rows.push_back({last_part(path), text(job, "Kind"), subject(text(job, "Seat"), text(job, "Client")),
                        text(job, "State"), "-", or_dash(text(job, "Message"))});
    }
    for (const client::EndedJob& job : berthd.ended_jobs()) {
        const std::string code = job.exit_code < 0 ? std::string{} : " (" + std::to_string(job.exit_code) + ")";
        rows.push_back({last_part(job.path), job.kind, subject(job.seat, job.client), job.result + code,
                        local_time(job.ended), or_dash(job.error)});
        all.push_back(json_of(job));
    }
    json ? say_json(all) : say_table(rows);
    return exit_ok;
}

} // namespace

void add_jobs(CLI::App& app, Context& context) {
    const auto json = std::make_shared<bool>(false);
    CLI::App* verb = app.add_subcommand("jobs", "list what is under way and how the last jobs ended");
    verb->add_flag("--json", *json, "as JSON, with the properties' bus names");
    verb->callback([&context, json] { context.run = [&context, json] { return jobs(context, *json); }; });
}

} // namespace berth::cli
