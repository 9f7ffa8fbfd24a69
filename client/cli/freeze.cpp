#include "cli/job_runner.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace berth::cli {

namespace {

using Call = void (client::BerthClient::*)(const std::string& seat_path, client::BerthClient::Answered answered);

int call_and_follow(const Context& context, const std::string& seat, Call call, const std::string& kind,
                    const char* end) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const std::string path = berthd.seat(seat);
    JobRunner runner{berthd};
    const int code = runner.run_unnamed(
        [&](client::BerthClient::Answered answered) { (berthd.*call)(path, std::move(answered)); }, kind, path);
    if (code == exit_ok) {
        say(seat + ": " + end);
    }
    return code;
}

void add(CLI::App& app, Context& context, const char* name, const char* description, Call call, const char* end) {
    const auto seat = std::make_shared<std::string>("seat0");
    CLI::App* verb = app.add_subcommand(name, description);
    verb->add_option("--seat", *seat, "the seat")->capture_default_str();
    verb->callback([&context, seat, call, kind = std::string{name}, end] {
        context.run = [&context, seat, call, kind, end] { return call_and_follow(context, *seat, call, kind, end); };
    });
}

} // namespace

void add_freeze(CLI::App& app, Context& context) {
    add(app, context, "freeze", "pause the desktop; on the host's seat the text terminal is shown meanwhile",
        &client::BerthClient::freeze, "the desktop is frozen; 'berth thaw' lets it go on");
}

void add_thaw(CLI::App& app, Context& context) {
    add(app, context, "thaw", "let a frozen desktop go on", &client::BerthClient::thaw, "the desktop goes on");
}

} // namespace berth::cli
