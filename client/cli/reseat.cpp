#include "cli/job_runner.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

namespace berth::cli {

namespace {

struct ReseatArguments {
    std::string seat{"seat0"};
    std::string reason{"asked for by berth reseat"};
    bool dry_run{false};
};

/// Who shares the desktop's IPC namespace cannot go on without it.
bool ends_with_desktop(const client::Properties& client) {
    const auto grants = texts(client, "Grants");
    return std::find(grants.begin(), grants.end(), "ipc") != grants.end();
}

/// What it would do now, and does not. berthd has the last word when it is called.
int foretell(const Context& context, const ReseatArguments& arguments) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const std::string path = berthd.seat(arguments.seat);
    const client::Overview overview = berthd.overview();
    const client::Properties& seat = overview.seats.at(path);
    if (text(seat, "State") != "seated") {
        say(arguments.seat + ": is " + text(seat, "State") + ": there is no desktop that can be re-seated");
        return exit_failed;
    }
    say(arguments.seat + ": '" + text(seat, "Desktop") + "' (" + text(seat, "Mode") +
        ") would be taken down and come up again from " + text(seat, "Image") + ", with " +
        std::to_string(texts(seat, "Devices").size()) + " devices");
    for (const auto& [unused, client] : overview.clients) {
        const std::string state = text(client, "State");
        if (text(client, "Seat") == path && state != "exited") {
            say("  " + text(client, "Name") +
                (ends_with_desktop(client) ? " would end: it shares the desktop's IPC namespace"
                                           : " would stay, and be given what it holds of the new desktop"));
        }
    }
    return exit_ok;
}

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
    verb->add_flag("--dry-run", arguments->dry_run, "say what it would do, and do nothing");
    verb->callback([&context, arguments] {
        context.run = [&context, arguments] {
            return arguments->dry_run ? foretell(context, *arguments) : reseat(context, *arguments);
        };
    });
}

} // namespace berth::cli
