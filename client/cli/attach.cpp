#include "cli/client_call.hpp"
#include "cli/job_runner.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace berth::cli {

namespace {

struct AttachArguments {
    std::string container;
    client::AttachOptions options;
};

/// The client's name, as `berth run --detach` prints it.
int attach(const Context& context, const AttachArguments& arguments) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const client::Properties result =
        wait_for(berthd, {}, [&](client::BerthClient& to, const std::string&, client::BerthClient::Answered answered) {
            to.attach(arguments.container, arguments.options, std::move(answered));
        });
    say(text(berthd.overview().clients.at(result.at("client").get<std::string>()), "Name"));
    return exit_ok;
}

/// Stop lets go of a container that berth did not make; one that it made would end.
int detach(const Context& context, const std::string& name) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const std::string path = berthd.client(name);
    const client::Properties properties = berthd.overview().clients[path];
    const auto foreign = properties.find("Foreign");
    if (foreign == properties.end() || foreign->second != true) {
        throw client::CallFailed{"InvalidArgument",
                                 name + " is berth's own container; 'berth stop " + name + "' ends it"};
    }
    return stop_client(berthd, path, 0, name + ": let go of; the container runs on");
}

} // namespace

void add_attach(CLI::App& app, Context& context) {
    const auto arguments = std::make_shared<AttachArguments>();
    CLI::App* verb = app.add_subcommand("attach", "give a container that berth did not make grants of a seat");
    verb->add_option("container", arguments->container, "its name or id; it runs")->required();
    verb->add_option("--grant", arguments->options.grants,
                     "what it is given, e.g. display; may be repeated, or KIND,KIND")
        ->delimiter(',');
    verb->add_option("--name", arguments->options.name, "the client's name; else the container's");
    verb->add_option("--seat", arguments->options.seat, "whose desktop it goes with; else seat0");
    verb->callback(
        [&context, arguments] { context.run = [&context, arguments] { return attach(context, *arguments); }; });
}

void add_detach(CLI::App& app, Context& context) {
    const auto name = std::make_shared<std::string>();
    CLI::App* verb = app.add_subcommand("detach", "take back what an attached container was given, and let go of it");
    verb->add_option("client", *name, "its name")->required();
    verb->callback([&context, name] { context.run = [&context, name] { return detach(context, *name); }; });
}

} // namespace berth::cli
