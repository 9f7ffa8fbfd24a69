#include "cli/client_call.hpp"
#include "cli/command_line.hpp"
#include "cli/verbs.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace berth::cli {

void add_kill(CLI::App& app, Context& context) {
    struct Arguments {
        std::string client;
        std::string signal{"KILL"};
    };

    const auto arguments = std::make_shared<Arguments>();
    CLI::App* verb = app.add_subcommand("kill", "send a signal to a client's first process");
    verb->add_option("client", arguments->client, "its name")->required();
    verb->add_option("-s,--signal", arguments->signal, "the signal's name or number")->capture_default_str();
    verb->callback([&context, arguments] {
        context.run = [&context, arguments, number = signal_of(arguments->signal)] {
            call_client(context, arguments->client,
                        [&](auto& berthd, const auto& path, auto answered) { berthd.signal(path, number, answered); });
            return exit_ok;
        };
    });
}

} // namespace berth::cli
