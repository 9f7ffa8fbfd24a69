#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
} // namespace CLI

namespace berth::cli {

/// What the verbs share. A verb's callback sets `run`; main() calls it when the whole line was understood.
struct Context {
    std::string bus;                    ///< --bus
    std::function<int()> run;           ///< the exit code: 0 done, 1 failed; of run and exec see exit_codes.hpp
    std::vector<std::string> command{}; ///< what belongs to the command of run and exec (command_line.hpp)
};

inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;

void add_up(CLI::App& app, Context& context);
void add_run(CLI::App& app, Context& context);
void add_jobs(CLI::App& app, Context& context);
void add_ps(CLI::App& app, Context& context);
void add_docks(CLI::App& app, Context& context);
void add_devices(CLI::App& app, Context& context);
void add_exec(CLI::App& app, Context& context);
void add_stop(CLI::App& app, Context& context);
void add_kill(CLI::App& app, Context& context);
void add_rm(CLI::App& app, Context& context);
void add_grant(CLI::App& app, Context& context);
void add_revoke(CLI::App& app, Context& context);
void add_attach(CLI::App& app, Context& context);
void add_detach(CLI::App& app, Context& context);
void add_env(CLI::App& app, Context& context);
void add_logs(CLI::App& app, Context& context);
void add_snapshot(CLI::App& app, Context& context);
void add_down(CLI::App& app, Context& context);
void add_freeze(CLI::App& app, Context& context);
void add_thaw(CLI::App& app, Context& context);
void add_reseat(CLI::App& app, Context& context);
void add_status(CLI::App& app, Context& context);
void add_monitor(CLI::App& app, Context& context);
void add_doctor(CLI::App& app, Context& context);
void add_explain(CLI::App& app, Context& context);
void add_restore_tty(CLI::App& app, Context& context);
void add_switch_away(CLI::App& app, Context& context);
void add_analyze(CLI::App& app, Context& context);
void add_record_docks(CLI::App& app, Context& context);
void add_replay(CLI::App& app, Context& context);
void add_version(CLI::App& app, Context& context);

} // namespace berth::cli
