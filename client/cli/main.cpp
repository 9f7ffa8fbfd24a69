#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "lib/call_failed.hpp"

#include <CLI/CLI.hpp>

#include <exception>

int main(int argc, char** argv) {
    using namespace berth::cli;
    CLI::App app{"berth: whole desktops in containers on this PC's seats", "berth"};
    app.require_subcommand(1);
    app.fallthrough();
    Context context;
    app.add_option("--bus", context.bus,
                   "berthd's bus, a D-Bus address (default: BERTH_BUS, else what "
                   "/run/berth/bus-address says, else the system bus)");
    for (const auto add : {add_up, add_down, add_freeze, add_thaw, add_reseat, add_status, add_monitor, add_doctor,
                           add_explain, add_restore_tty, add_analyze, add_replay, add_version}) {
        add(app, context);
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_ok : exit_usage; // --help is no mistake
    }
    try {
        return context.run();
    } catch (const berth::client::CallFailed& error) {
        complain(error);
    } catch (const std::exception& error) {
        complain(std::string{"Failed: "} + error.what());
    }
    return exit_failed;
}
