#include "cli/command_line.hpp"
#include "cli/foreground.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <unistd.h>

namespace berth::cli {

namespace {

struct LogsArguments {
    std::string client;
    bool follow{false};
    std::optional<unsigned> tail;
};

int logs(const Context& context, const LogsArguments& arguments) {
    open_standard_streams();
    client::BerthClient berthd{client::find_bus(context.bus)};
    const std::string path = berthd.client(arguments.client);
    Foreground job{berthd, Foreground::Signals::end, false};
    const int code = job.run([&](client::BerthClient::Answered answered) {
        berthd.logs(path, arguments.follow, arguments.tail, STDOUT_FILENO, STDERR_FILENO, std::move(answered));
    });
    return code == exit_ok ? exit_ok : exit_failed;
}

} // namespace

void add_logs(CLI::App& app, Context& context) {
    const auto arguments = std::make_shared<LogsArguments>();
    CLI::App* verb = app.add_subcommand("logs", "print what a client has written");
    verb->add_option("client", arguments->client, "its name")->required();
    verb->add_flag("-f,--follow", arguments->follow, "and what it writes until it ends, or until Ctrl-C");
    verb->add_option("-n,--tail", arguments->tail, "the last lines alone");
    verb->callback(
        [&context, arguments] { context.run = [&context, arguments] { return logs(context, *arguments); }; });
}

} // namespace berth::cli
