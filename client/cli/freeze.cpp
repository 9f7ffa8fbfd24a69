#include "cli/client_call.hpp"
#include "cli/job_runner.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "lib/bus_address.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>

namespace berth::cli {

namespace {

using Call = void (client::BerthClient::*)(const std::string& path, client::BerthClient::Answered answered);

struct Verb {
    const char* name;
    const char* description;
    Call seat;
    Call client;
    const char* seat_end;
    const char* client_end;
};

bool has(const std::map<std::string, client::Properties>& objects, const std::string& name) {
    return std::any_of(objects.begin(), objects.end(),
                       [&](const auto& object) { return text(object.second, "Name") == name; });
}

int call_seat(client::BerthClient& berthd, const Verb& verb, const std::string& seat) {
    const std::string path = berthd.seat(seat);
    JobRunner runner{berthd};
    const int code = runner.run_unnamed(
        [&](client::BerthClient::Answered answered) { (berthd.*verb.seat)(path, std::move(answered)); }, verb.name,
        path);
    if (code == exit_ok) {
        say(seat + ": " + verb.seat_end);
    }
    return code;
}

int call(const Context& context, const Verb& verb, const std::string& seat, const std::string& name) {
    client::BerthClient berthd{client::find_bus(context.bus)};
    if (name.empty()) {
        return call_seat(berthd, verb, seat);
    }
    const client::Overview overview = berthd.overview();
    if (has(overview.seats, name)) {
        return call_seat(berthd, verb, name);
    }
    if (!has(overview.clients, name)) {
        throw client::CallFailed{"NoSuchClient", "there is no seat and no client \"" + name + "\""};
    }
    const std::string path = berthd.client(name);
    JobRunner runner{berthd};
    const int code = runner.run_unnamed(
        [&](client::BerthClient::Answered answered) { (berthd.*verb.client)(path, std::move(answered)); }, verb.name,
        path);
    if (code == exit_ok) {
        say(name + ": " + verb.client_end);
    }
    return code;
}

void add(CLI::App& app, Context& context, const Verb& verb) {
    const auto seat = std::make_shared<std::string>("seat0");
    const auto name = std::make_shared<std::string>();
    CLI::App* added = app.add_subcommand(verb.name, verb.description);
    CLI::Option* option = added->add_option("--seat", *seat, "the seat")->capture_default_str();
    added->add_option("name", *name, "a seat or a client (default: the seat)")->excludes(option);
    added->callback([&context, seat, name, verb] {
        context.run = [&context, seat, name, verb] { return call(context, verb, *seat, *name); };
    });
}

} // namespace

void add_freeze(CLI::App& app, Context& context) {
    add(app, context,
        Verb{"freeze", "pause a client or the desktop; on the host's seat the text terminal is shown meanwhile",
             &client::BerthClient::freeze, &client::BerthClient::freeze_client,
             "the desktop is frozen; 'berth thaw' lets it go on", "the client is frozen; 'berth thaw' lets it go on"});
}

void add_thaw(CLI::App& app, Context& context) {
    add(app, context,
        Verb{"thaw", "let a frozen client or desktop go on", &client::BerthClient::thaw,
             &client::BerthClient::thaw_client, "the desktop goes on", "the client goes on"});
}

} // namespace berth::cli
