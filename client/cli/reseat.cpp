#include "cli/job_runner.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace berth::cli {

namespace {

struct ReseatArguments {
    std::string seat{"seat0"};
    std::string reason{"asked for by berth reseat"};
};

int reseat(const Context& context, const ReseatArguments& arguments) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const std::string path = berthd.seat(arguments.seat);
    JobRunner runner{berthd};
    const int code = runner.run(
        [&](client::BerthClient::Answered answered) { berthd.reseat(path, arguments.reason, answered); }, true);
    if (code == exit_ok) {
        say(arguments.seat + ": the desktop is up again");
    }
    return code;
}

} // namespace

void add_reseat(CLI::App& app, Context& context) {
    const auto arguments = std::make_shared<ReseatArguments>();
    CLI::App* verb = app.add_subcommand("reseat", "end the desktop and bring it up with the devices of now");
    verb->add_option("--seat", arguments->seat, "the seat")->capture_default_str();
    verb->add_option("--reason", arguments->reason, "for the log")->capture_default_str();
    verb->callback(
        [&context, arguments] { context.run = [&context, arguments] { return reseat(context, *arguments); }; });
}

} // namespace berth::cli
