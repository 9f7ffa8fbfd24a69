#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace berth::cli {

namespace {

int env(const Context& context, const std::string& name, bool json) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const std::string path = berthd.client(name);
    say_environment(berthd.overview().clients[path]["Environment"], json);
    return exit_ok;
}

} // namespace

void add_env(CLI::App& app, Context& context) {
    const auto name = std::make_shared<std::string>();
    const auto json = std::make_shared<bool>(false);
    CLI::App* verb = app.add_subcommand("env", "print what a client's programs should be told of its grants");
    verb->add_option("client", *name, "its name")->required();
    verb->add_flag("--json", *json, "as JSON");
    verb->callback(
        [&context, name, json] { context.run = [&context, name, json] { return env(context, *name, *json); }; });
}

} // namespace berth::cli
