#include "cli/job_runner.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace berth::cli {

namespace {

int snapshot(const Context& context, const std::string& name, const std::string& tag) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const std::string path = berthd.client(name);
    JobRunner runner{berthd};
    const int code = runner.run(
        [&](client::BerthClient::Answered answered) { berthd.snapshot_client(path, tag, std::move(answered)); }, true);
    if (code == exit_ok) {
        say(name + ": saved as " + tag);
    }
    return code;
}

} // namespace

void add_snapshot(CLI::App& app, Context& context) {
    const auto name = std::make_shared<std::string>();
    const auto tag = std::make_shared<std::string>();
    CLI::App* verb = app.add_subcommand("snapshot", "save a client's file system as an image");
    verb->add_option("client", *name, "its name")->required();
    verb->add_option("tag", *tag, "the image's name")->required();
    verb->callback(
        [&context, name, tag] { context.run = [&context, name, tag] { return snapshot(context, *name, *tag); }; });
}

} // namespace berth::cli
