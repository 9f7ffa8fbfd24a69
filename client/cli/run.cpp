#include "cli/command_line.hpp"
#include "cli/exit_codes.hpp"
#include "cli/foreground.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>

namespace berth::cli {

namespace {

struct RunArguments {
    CommandArguments command;
    std::string image;
    std::string name;
    std::string keep;
    std::string seat;
    std::string network;
    std::vector<std::string> grants;
    std::vector<std::string> volumes;
    bool labels{false};
    bool detach{false};
};

struct Wanted {
    std::string app;
    std::vector<std::string> argv;
    client::RunOptions options;
};

void set(std::optional<std::string>& option, const std::string& value) {
    if (!value.empty()) {
        option = value;
    }
}

/// Throws CLI::ParseError.
Wanted wanted(const RunArguments& arguments, const std::vector<std::string>& command) {
    Wanted run;
    run.options.image = !arguments.image.empty();
    if (!run.options.image && command.empty()) {
        throw CLI::RequiredError{"APP, or --image IMAGE,"};
    }
    if (arguments.labels && !run.options.image) {
        throw CLI::ValidationError{"--labels", "they are an image's: --image IMAGE, too"};
    }
    run.options.labels = arguments.labels;
    run.app = run.options.image ? arguments.image : command[0];
    run.argv = run.options.image ? command : behind(command, 1);
    run.options.command = command_options(arguments.command, arguments.detach);
    set(run.options.name, arguments.keep.empty() ? arguments.name : arguments.keep);
    run.options.keep = !arguments.keep.empty();
    set(run.options.seat, arguments.seat);
    set(run.options.network, arguments.network);
    run.options.grants = arguments.grants;
    for (const std::string& volume : arguments.volumes) {
        run.options.volumes.push_back(volume_of(volume, std::filesystem::current_path().string()));
    }
    return run;
}

int detached(client::BerthClient& berthd, const JobRunner::Start& start) {
    JobRunner runner{berthd};
    if (runner.run(start, true) == exit_ok) {
        say(last_part(runner.heard_of().client_of(runner.job())));
        return exit_ok;
    }
    const auto end = runner.heard_of().end(runner.job());
    return end ? exit_code_of(end->error) : exit_berth_failed;
}

int run(const Context& context, const Wanted& run) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const JobRunner::Start start = [&](client::BerthClient::Answered answered) {
        berthd.run_app(run.app, run.argv, run.options, std::move(answered));
    };
    if (run.options.command.stdio.empty()) {
        return detached(berthd, start);
    }
    return Foreground{berthd, Foreground::Signals::to_client, run.options.command.terminal}.run(start);
}

void add_options(CLI::App& verb, RunArguments& arguments) {
    verb.add_option("--image", arguments.image, "an image instead of a profile; what follows it is the command");
    verb.add_flag("--labels", arguments.labels,
                  "give what the image's labels ask for (org.berth.grants, .network, .user, .app)");
    verb.add_option("--grant", arguments.grants, "beyond the profile's grants; may be repeated, or KIND,KIND")
        ->allow_extra_args(false)
        ->delimiter(',');
    verb.add_option("-v,--volume", arguments.volumes, "SOURCE:TARGET[:ro]; may be repeated")->allow_extra_args(false);
    verb.add_option("--network", arguments.network, "its network (default: the profile's)");
    verb.add_option("--seat", arguments.seat, "whose desktop it goes with (default: the profile's, or seat0)");
    CLI::Option* name = verb.add_option("--name", arguments.name, "the client's name (default: APP-N)");
    verb.add_option("--keep", arguments.keep, "its name; its container stays when it has ended, and is used again")
        ->excludes(name);
    verb.add_flag("-d,--detach", arguments.detach, "print its name once it runs, and return");
}

} // namespace

void add_run(CLI::App& app, Context& context) {
    const auto arguments = std::make_shared<RunArguments>();
    CLI::App* verb = app.add_subcommand("run", "run an app in a client container: run [OPTIONS] APP [ARG...]");
    verb->footer("Usage: berth run [OPTIONS] APP [ARG...]\n       berth run [OPTIONS] --image IMAGE [ARG...]\n"
                 "Exit code: the command's; 125: berth failed, 126: it cannot be run, 127: there is no such command");
    add_command_options(*verb, arguments->command);
    add_options(*verb, *arguments);
    verb->callback([&context, arguments] {
        open_standard_streams();
        context.run = [&context, run_this = wanted(*arguments, context.command)] {
            return or_berth_failed([&] { return run(context, run_this); });
        };
    });
}

} // namespace berth::cli
