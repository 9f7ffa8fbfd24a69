#include "cli/output.hpp"
#include "cli/plot_svg.hpp"
#include "cli/timeline.hpp"
#include "cli/verbs.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace berth::cli {

namespace {

constexpr const char* default_recording = "/run/berth/flight.jsonl";

struct AnalyzeArguments {
    std::string recording{default_recording};
    std::string seat;
    bool json{false};
    std::string plot;
};

Timeline read_timeline(const AnalyzeArguments& arguments) {
    const auto flight = store::read_flight(arguments.recording);
    if (!flight) {
        throw client::CallFailed{std::string{error_name(flight.error().code)}, flight.error().message};
    }
    const auto timeline = last_bring_up(*flight, arguments.seat);
    if (!timeline) {
        throw client::CallFailed{"Failed", arguments.recording + " holds no bring-up; 'berth up' makes one"};
    }
    return *timeline;
}

std::string line_of(const Lap& lap, std::int64_t total_us) {
    constexpr double us_a_ms = 1000;
    constexpr double percent = 100;
    char buffer[128];
    const double share = total_us == 0 ? 0 : static_cast<double>(lap.took_us) / static_cast<double>(total_us) * percent;
    std::snprintf(buffer, sizeof buffer, "  %-15s %10.1f ms  %5.1f %%%s", lap.step.c_str(),
                  static_cast<double>(lap.took_us) / us_a_ms, share,
                  lap.failed ? "  failed" : (lap.open ? "  still going on" : ""));
    return buffer;
}

nlohmann::json json_of(const Timeline& timeline) {
    nlohmann::json steps = nlohmann::json::array();
    for (const Lap& lap : timeline.laps) {
        steps.push_back({{"step", lap.step},
                         {"began_us", lap.began_us},
                         {"took_us", lap.took_us},
                         {"failed", lap.failed},
                         {"open", lap.open}});
    }
    return {{"seat", timeline.seat},
            {"desktop", timeline.desktop},
            {"end", timeline.end},
            {"total_us", timeline.total_us},
            {"steps", steps}};
}

int analyze(const AnalyzeArguments& arguments) {
    const Timeline timeline = read_timeline(arguments);
    if (arguments.json) {
        say_json(json_of(timeline));
        return exit_ok;
    }
    constexpr double us_a_second = 1e6;
    char total[64];
    std::snprintf(total, sizeof total, "%.3f s", static_cast<double>(timeline.total_us) / us_a_second);
    say(timeline.seat + ": " + timeline.desktop + ", " + timeline.end + " after " + total);
    std::int64_t in_steps = 0;
    for (const Lap& lap : timeline.laps) {
        say(line_of(lap, timeline.total_us));
        in_steps += lap.took_us;
    }
    say(line_of(Lap{.step = "(berthd itself)", .took_us = timeline.total_us - in_steps}, timeline.total_us));
    return exit_ok;
}

int plot(const AnalyzeArguments& arguments) {
    const std::string svg = plot_svg(read_timeline(arguments));
    if (arguments.plot == "-") {
        std::fputs(svg.c_str(), stdout);
        return exit_ok;
    }
    std::ofstream file{arguments.plot};
    file << svg;
    file.close();
    if (!file) {
        throw std::runtime_error{"cannot write " + arguments.plot};
    }
    say("wrote " + arguments.plot);
    return exit_ok;
}

} // namespace

void add_analyze(CLI::App& app, Context& context) {
    const auto arguments = std::make_shared<AnalyzeArguments>();
    arguments->plot = "berth-up.svg";
    CLI::App* verb = app.add_subcommand("analyze", "show where the time of the last bring-up went");
    verb->add_option("file", arguments->recording, "a flight recording")->capture_default_str();
    verb->add_option("--seat", arguments->seat, "the last bring-up of this seat");
    verb->add_flag("--json", arguments->json, "as JSON, microseconds");
    CLI::App* picture = verb->add_subcommand("plot", "draw it as a bar chart");
    picture->add_option("file", arguments->recording, "a flight recording")->capture_default_str();
    picture->add_option("-o,--output", arguments->plot, "the SVG to write; - for stdout")->capture_default_str();
    picture->callback([&context, arguments] { context.run = [arguments] { return plot(*arguments); }; });
    verb->callback([&context, arguments, picture] {
        // CLI11 calls this after the callback of plot.
        if (!picture->parsed()) {
            context.run = [arguments] { return analyze(*arguments); };
        }
    });
}

} // namespace berth::cli
