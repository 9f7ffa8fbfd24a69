#include "cli/command_line.hpp"
#include "cli/exit_codes.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "lib/call_failed.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
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
    for (const auto add :
         {add_docks,        add_devices, add_up,       add_down,    add_run,         add_ps,          add_exec,
          add_stop,         add_kill,    add_rm,       add_grant,   add_revoke,      add_attach,      add_detach,
          add_env,          add_logs,    add_snapshot, add_freeze,  add_thaw,        add_reseat,      add_status,
          add_jobs,         add_monitor, add_doctor,   add_explain, add_restore_tty, add_switch_away, add_analyze,
          add_record_docks, add_replay,  add_version}) {
        add(app, context);
    }
    CommandLine line = split(app, {argv + 1, argv + argc});
    context.command = line.command;
    try {
        std::reverse(line.own.begin(), line.own.end()); // as CLI11 wants it
        app.parse(line.own);
    } catch (const CLI::ParseError& error) {
        const int wrong = line.runs_command ? exit_berth_failed : exit_usage;
        return app.exit(error) == 0 ? exit_ok : wrong; // --help is no mistake
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
