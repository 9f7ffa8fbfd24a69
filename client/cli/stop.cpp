#include "cli/job_runner.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <limits>
#include <memory>

namespace berth::cli {

namespace {

constexpr unsigned ms_a_second = 1000;

struct StopArguments {
    std::vector<std::string> clients;
    unsigned seconds{10};
};

int stop_one(const Context& context, const std::string& name, unsigned timeout_ms) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    const std::string path = berthd.client(name);
    return stop_client(berthd, path, timeout_ms, name + ": the client has ended");
}

/// One that cannot be stopped does not keep the others.
int stop(const Context& context, const StopArguments& arguments) {
    int code = exit_ok;
    for (const std::string& name : arguments.clients) {
        try {
            code = std::max(code, stop_one(context, name, arguments.seconds * ms_a_second));
        } catch (const client::CallFailed& error) {
            complain(error);
            code = exit_failed;
        }
    }
    return code;
}

} // namespace

void add_stop(CLI::App& app, Context& context) {
    const auto arguments = std::make_shared<StopArguments>();
    CLI::App* verb = app.add_subcommand("stop", "end client containers");
    verb->add_option("client", arguments->clients, "their names")->required();
    verb->add_option("-t,--time", arguments->seconds, "seconds until it is killed; 0: at once")
        ->capture_default_str()
        ->check(CLI::Range(0U, std::numeric_limits<std::uint32_t>::max() / ms_a_second));
    verb->callback(
        [&context, arguments] { context.run = [&context, arguments] { return stop(context, *arguments); }; });
}

} // namespace berth::cli
