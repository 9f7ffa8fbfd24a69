#include "cli/client_call.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

namespace berth::cli {

namespace {

struct RevokeArguments {
    std::string client;
    std::vector<std::string> kinds;
};

/// What taking each of the client's grants back means, by its property.
client::Properties revocations_of(client::BerthClient& berthd, const std::string& path) {
    const client::Overview overview = berthd.overview();
    const auto client = overview.clients.find(path);
    client::Properties meant;
    if (client != overview.clients.end() && client->second.contains("Revocations")) {
        for (const auto& [grant, what] : client->second.at("Revocations").items()) {
            meant[grant] = what;
        }
    }
    return meant;
}

int revoke(const Context& context, const RevokeArguments& arguments) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const std::string path = berthd.client(arguments.client);
    const client::Properties meant = revocations_of(berthd, path);
    wait_for(berthd, path, [&](auto& to, const auto& at, auto answered) { to.revoke(at, arguments.kinds, answered); });
    std::vector<std::string> kept;
    std::copy_if(arguments.kinds.begin(), arguments.kinds.end(), std::back_inserter(kept),
                 [&](const std::string& kind) { return text(meant, kind) == "new-opens-only"; });
    if (!kept.empty()) {
        say(joined(kept, ", ") + ": what a program has open it keeps; 'berth stop " + arguments.client +
            "' ends that, too");
    }
    return exit_ok;
}

} // namespace

void add_revoke(CLI::App& app, Context& context) {
    const auto arguments = std::make_shared<RevokeArguments>();
    CLI::App* verb = app.add_subcommand("revoke", "take grants back; says where a program keeps what it has open");
    verb->add_option("client", arguments->client, "its name")->required();
    verb->add_option("kind", arguments->kinds, "what is taken, e.g. display")->required()->delimiter(',');
    verb->callback(
        [&context, arguments] { context.run = [&context, arguments] { return revoke(context, *arguments); }; });
}

} // namespace berth::cli
