#include "cli/client_call.hpp"
#include "cli/command_line.hpp"
#include "cli/output.hpp"
#include "cli/signals.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace berth::cli {

namespace {

struct GrantArguments {
    std::string client;
    std::vector<std::string> kinds;
    std::string time_limit;
    bool hold{false};
    bool json{false};
};

/// Until somebody ends this process, or berthd ends, or the client's object goes.
void hold(client::BerthClient& berthd, const std::string& path, int signals) {
    bool over = false;
    berthd.listen([&](const client::Signal& signal) {
        over = over || signal.member == "Left" || (signal.member == "InterfacesRemoved" && signal.path == path);
    });
    berthd.run([&] { return over; }, signals, [&] { over = over || next_signal(signals) != 0; });
}

int grant(const Context& context, const GrantArguments& arguments, const client::GrantEnd& end) {
    const int signals = arguments.hold ? take_signals({SIGINT, SIGTERM, SIGHUP}) : -1;
    client::BerthClient berthd{client::find_bus(context.bus)};
    const std::string path = berthd.client(arguments.client);
    auto result = wait_for(
        berthd, path, [&](auto& to, const auto& at, auto answered) { to.grant(at, arguments.kinds, end, answered); });
    say_environment(result["environment"], arguments.json);
    if (arguments.hold) {
        hold(berthd, path, signals);
    }
    return exit_ok;
}

} // namespace

void add_grant(CLI::App& app, Context& context) {
    const auto arguments = std::make_shared<GrantArguments>();
    CLI::App* verb = app.add_subcommand("grant", "give a client grants while it runs; prints what its programs need");
    verb->add_option("client", arguments->client, "its name")->required();
    verb->add_option("kind", arguments->kinds, "what it is given, e.g. display")->required()->delimiter(',');
    verb->add_option("--for", arguments->time_limit, "taken back after so long, e.g. 10min");
    verb->add_flag("--hold", arguments->hold, "stay, and have them taken back when this command ends (Ctrl+C)");
    verb->add_flag("--json", arguments->json, "its environment as JSON");
    verb->callback([&context, arguments] {
        client::GrantEnd end;
        end.with_connection = arguments->hold;
        if (!arguments->time_limit.empty()) {
            end.time_limit_s = seconds_of(arguments->time_limit);
        }
        context.run = [&context, arguments, end] { return grant(context, *arguments, end); };
    });
}

} // namespace berth::cli
