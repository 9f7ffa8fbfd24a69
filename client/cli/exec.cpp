#include "cli/command_line.hpp"
#include "cli/foreground.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace berth::cli {

namespace {

int exec(const Context& context, const std::string& name, const std::vector<std::string>& argv,
         const client::CommandOptions& options) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const std::string path = berthd.client(name);
    return Foreground{berthd, Foreground::Signals::cancel, options.terminal}.run(
        [&](client::BerthClient::Answered answered) { berthd.exec(path, argv, options, std::move(answered)); });
}

} // namespace

void add_exec(CLI::App& app, Context& context) {
    const auto arguments = std::make_shared<CommandArguments>();
    CLI::App* verb = app.add_subcommand("exec", "run a command in a client: exec [OPTIONS] CLIENT ARG...");
    verb->footer("Usage: berth exec [OPTIONS] CLIENT ARG...\nExit code: as of berth run");
    add_command_options(*verb, *arguments);
    verb->callback([&context, arguments] {
        const std::vector<std::string> argv = behind(context.command, 1);
        if (argv.empty()) {
            throw CLI::RequiredError{context.command.empty() ? "CLIENT" : "ARG"};
        }
        open_standard_streams();
        context.run = [&context, argv, options = command_options(*arguments, false)] {
            return or_berth_failed([&] { return exec(context, context.command[0], argv, options); });
        };
    });
}

} // namespace berth::cli
