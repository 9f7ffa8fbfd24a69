#include "cli/job_runner.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace berth::cli {

namespace {

struct DownArguments {
    std::string seat{"seat0"};
    bool now{false};
    bool no_wait{false};
};

int down(const Context& context, const DownArguments& arguments) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const std::string path = berthd.seat(arguments.seat);
    JobRunner runner{berthd};
    const int code =
        runner.run([&](client::BerthClient::Answered answered) { berthd.down(path, arguments.now, answered); },
                   !arguments.no_wait);
    if (code == exit_ok && !arguments.no_wait) {
        say(arguments.seat + ": the seat is vacant");
    }
    return code;
}

} // namespace

void add_down(CLI::App& app, Context& context) {
    const auto arguments = std::make_shared<DownArguments>();
    CLI::App* verb = app.add_subcommand("down", "end the desktop on a seat and give the seat back");
    verb->add_option("--seat", arguments->seat, "the seat")->capture_default_str();
    verb->add_flag("--now", arguments->now, "kill it at once instead of asking first");
    verb->add_flag("--no-wait", arguments->no_wait, "return when the work was accepted");
    verb->callback(
        [&context, arguments] { context.run = [&context, arguments] { return down(context, *arguments); }; });
}

} // namespace berth::cli
