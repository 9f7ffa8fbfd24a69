#include "cli/output.hpp"
#include "cli/verbs.hpp"

#include <CLI/CLI.hpp>

namespace berth::cli {

void add_version(CLI::App& app, Context& context) {
    CLI::App* verb = app.add_subcommand("version", "print the version");
    verb->callback([&context] {
        context.run = [] {
            say("berth " BERTH_VERSION);
            return exit_ok;
        };
    });
}

} // namespace berth::cli
