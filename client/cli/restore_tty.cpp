#include "cli/job_runner.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>

#include <system_error>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <unistd.h>

namespace berth::cli {

namespace {

int ask_berthd(const Context& context, const std::string& seat) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const std::string path = berthd.seat(seat);
    JobRunner runner{berthd};
    const int end = runner.run_unnamed(
        [&](client::BerthClient::Answered answered) { berthd.restore_tty(path, std::move(answered)); }, "restore-tty",
        path);
    if (end == exit_ok) {
        say(seat + ": the text terminal is back");
    }
    return end;
}

/// Becomes the program that restores without berthd; returns only when that fails.
int restore_by_hand() {
    const char* folder = std::getenv("BERTH_LIBEXEC");
    const std::string program = std::string{folder != nullptr ? folder : BERTH_LIBEXECDIR} + "/berth-restore";
    say("berthd is not there; running " + program);
    ::execl(program.c_str(), program.c_str(), nullptr);
    throw std::system_error{errno, std::generic_category(), program};
}

int restore_tty(const Context& context, const std::string& seat) {
    try {
        return ask_berthd(context, seat);
    } catch (const client::CallFailed& error) {
        const bool absent = error.name() == "NoBus" || error.name() == "NoBerthd";
        if (!absent || ::geteuid() != 0) {
            throw;
        }
    }
    return restore_by_hand();
}

} // namespace

void add_restore_tty(CLI::App& app, Context& context) {
    const auto seat = std::make_shared<std::string>("seat0");
    CLI::App* verb = app.add_subcommand("restore-tty", "give the text terminal its screen and keyboard back");
    verb->add_option("--seat", *seat, "the seat")->capture_default_str();
    verb->callback([&context, seat] { context.run = [&context, seat] { return restore_tty(context, *seat); }; });
}

} // namespace berth::cli
