#include "cli/job_runner.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace berth::cli {

namespace {

struct UpArguments {
    std::string desktop{"gnome"};
    std::string seat{"seat0"};
    std::string mode;
    std::string image;
    bool no_wait{false};
};

int up(const Context& context, const UpArguments& arguments) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const std::string path = berthd.seat(arguments.seat);
    client::UpOptions options;
    if (!arguments.mode.empty()) {
        options.mode = arguments.mode;
    }
    if (!arguments.image.empty()) {
        options.image = arguments.image;
    }
    JobRunner runner{berthd};
    const int code = runner.run(
        [&](client::BerthClient::Answered answered) { berthd.up(path, arguments.desktop, options, answered); },
        !arguments.no_wait);
    if (code == exit_ok && !arguments.no_wait) {
        const auto seat = berthd.overview().seats[path];
        say(arguments.seat + ": " + text(seat, "Desktop") + " is up (" + text(seat, "Mode") + ")");
    }
    return code;
}

} // namespace

void add_up(CLI::App& app, Context& context) {
    const auto arguments = std::make_shared<UpArguments>();
    CLI::App* verb = app.add_subcommand("up", "bring a desktop up on a seat and wait until it answers");
    verb->add_option("desktop", arguments->desktop, "the profile's name")->capture_default_str();
    verb->add_option("--seat", arguments->seat, "the seat")->capture_default_str();
    verb->add_option("--mode", arguments->mode, "auto, headless, vt or logind (default: the profile's)")
        ->check(CLI::IsMember({"auto", "headless", "vt", "logind"}));
    verb->add_option("--image", arguments->image, "another image for the same profile");
    verb->add_flag("--no-wait", arguments->no_wait, "return when the work was accepted");
    verb->callback([&context, arguments] { context.run = [&context, arguments] { return up(context, *arguments); }; });
}

} // namespace berth::cli
