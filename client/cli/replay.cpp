#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "model/json.hpp"
#include "policy/decide.hpp"
#include "store/flight_reader.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>
#include <utility>

namespace berth::cli {

namespace {

struct Replay {
    int decisions{0};
    int differences{0};
};

nlohmann::json effects_json(const std::vector<model::Effect>& effects) {
    nlohmann::json list = nlohmann::json::array();
    for (const model::Effect& effect : effects) {
        list.push_back(model::to_value(effect));
    }
    return list;
}

void say_effects(const char* mark, const std::vector<model::Effect>& effects) {
    for (const model::Effect& effect : effects) {
        say(std::string{mark} + model::describe(effect));
    }
}

void say_decision(const store::FlightEntry& entry, const std::vector<model::Effect>& now, bool same, bool json) {
    if (json) {
        nlohmann::json line{{"line", entry.line},
                            {"at", entry.event.at},
                            {"event", model::to_value(entry.event)},
                            {"effects", effects_json(now)},
                            {"same", same}};
        if (!same) {
            line["recorded"] = effects_json(entry.effects);
        }
        say_json(line, true);
        return;
    }
    say(std::to_string(entry.line) + ": " + model::describe(entry.event));
    say_effects(same ? "    " : "  + ", now);
    if (!same) {
        say_effects("  - ", entry.effects);
    }
}

int replay(const std::string& file, bool json) {
    auto flight = store::read_flight(file);
    if (!flight) {
        throw client::CallFailed{std::string{error_name(flight.error().code)}, flight.error().message};
    }
    Replay count;
    model::World world = std::move(flight->world);
    for (const store::FlightEntry& entry : flight->entries) {
        model::Decision decision = policy::decide(std::move(world), entry.event);
        world = std::move(decision.world);
        const bool same = decision.effects == entry.effects;
        say_decision(entry, decision.effects, same, json);
        ++count.decisions;
        count.differences += same ? 0 : 1;
    }
    if (!json) {
        say(std::to_string(count.decisions) + " decisions, " + std::to_string(count.differences) +
            " differ from the recording" + (flight->torn_line != 0 ? "; its last line is torn" : ""));
    }
    return count.differences == 0 ? exit_ok : exit_failed;
}

} // namespace

void add_replay(CLI::App& app, Context& context) {
    const auto file = std::make_shared<std::string>();
    const auto json = std::make_shared<bool>(false);
    CLI::App* verb = app.add_subcommand("replay", "run a flight recording through this berth's policy and compare");
    verb->add_option("file", *file, "the recording")->required();
    verb->add_flag("--json", *json, "one JSON object a decision");
    verb->callback([&context, file, json] { context.run = [file, json] { return replay(*file, *json); }; });
}

} // namespace berth::cli
