#include "cli/job_runner.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace berth::cli {

namespace {

/// Stop removes a client that was kept and has ended; one that runs it would end.
int rm(const Context& context, const std::string& name) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const std::string path = berthd.client(name);
    if (const std::string state = text(berthd.overview().clients[path], "State"); state != "exited") {
        throw client::CallFailed{"InvalidArgument", name + " is " + state + "; 'berth stop " + name + "' ends it"};
    }
    return stop_client(berthd, path, 0, name + ": the container is removed");
}

} // namespace

void add_rm(CLI::App& app, Context& context) {
    const auto name = std::make_shared<std::string>();
    CLI::App* verb = app.add_subcommand("rm", "remove the container of a kept client that has ended");
    verb->add_option("client", *name, "its name")->required();
    verb->callback([&context, name] { context.run = [&context, name] { return rm(context, *name); }; });
}

} // namespace berth::cli
