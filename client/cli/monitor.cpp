#include "cli/output.hpp"
#include "cli/signals.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <memory>

namespace berth::cli {

namespace {

std::string value_text(const nlohmann::json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string object_text(const std::string& path) {
    for (const char* kind : {"job", "client"}) {
        if (path.find(std::string{"/"} + kind + "s/") != std::string::npos) {
            return std::string{kind} + " " + last_part(path);
        }
    }
    return last_part(path);
}

/// Empty: nothing for a person.
std::string line_of(const client::Signal& signal) {
    const std::string object = object_text(signal.path);
    if (signal.member == "StateChanged") {
        const std::string& reason = signal.arguments[2];
        return object + ": " + signal.arguments[0] + " -> " + signal.arguments[1] +
               (reason.empty() ? std::string{} : " (" + reason + ")");
    }
    if (signal.member == "DockChanged") {
        return object + ": " + signal.arguments[0] + " " + signal.arguments[1];
    }
    if (signal.member == "Finished") {
        return object + ": " + signal.arguments[0] +
               (signal.arguments[1].empty() ? std::string{} : ": " + signal.arguments[1]);
    }
    if (signal.member == "PropertiesChanged" || signal.member == "InterfacesAdded") {
        std::string line = object + ":";
        for (const auto& [name, value] : signal.changed) {
            line += " " + name + "=" + value_text(value);
        }
        return line;
    }
    if (signal.member == "InterfacesRemoved" && signal.path.find("/clients/") != std::string::npos) {
        return object + ": removed"; // of a job, JobRemoved says more
    }
    if (signal.member == "JobRemoved") {
        return object_text(signal.arguments[0]) + ": removed, " + signal.arguments[1];
    }
    if (signal.member == "Left" || signal.member == "Came") {
        return signal.member == "Left" ? "berthd left the bus" : "berthd is on the bus";
    }
    return {};
}

nlohmann::json json_of(const client::Signal& signal) {
    nlohmann::json line{{"object", signal.path}, {"event", signal.member}};
    if (!signal.arguments.empty()) {
        line["arguments"] = signal.arguments;
    }
    if (!signal.changed.empty()) {
        line["changed"] = signal.changed;
    }
    return line;
}

int monitor(const Context& context, bool json) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const int signal_fd = take_interrupts();
    bool stop = false;
    berthd.listen([&](const client::Signal& signal) {
        if (json) {
            say_json(json_of(signal), true);
        } else if (const std::string line = line_of(signal); !line.empty()) {
            say(line);
        }
    });
    const client::Overview now = berthd.overview();
    for (const auto& objects : {now.seats, now.clients}) {
        for (const auto& [path, properties] : objects) {
            json ? say_json({{"object", path}, {"event", "Now"}, {"changed", properties}}, true)
                 : say(object_text(path) + ": " + text(properties, "State"));
        }
    }
    berthd.run([&] { return stop; }, signal_fd, [&] { stop = true; });
    return exit_ok;
}

} // namespace

void add_monitor(CLI::App& app, Context& context) {
    const auto json = std::make_shared<bool>(false);
    CLI::App* verb = app.add_subcommand("monitor", "print what happens, line by line, until Ctrl-C");
    verb->add_flag("--json", *json, "one JSON object a line");
    verb->callback([&context, json] { context.run = [&context, json] { return monitor(context, *json); }; });
}

} // namespace berth::cli
