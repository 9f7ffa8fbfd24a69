#include "policy/client_runs.hpp"

#include "base/joined.hpp"
#include "policy/client_grants.hpp"
#include "policy/client_rules.hpp"

#include <algorithm>

namespace berth::policy {

using namespace model;

namespace {

constexpr std::size_t longest_name = 64;

Refused invalid_run(std::string sentence) {
    return Refused{Refusal::invalid_argument, std::move(sentence)};
}

std::optional<Refused> refuse_so_early(const World& world) {
    return world.leftovers_asked_for
               ? std::optional{Refused{
                     Refusal::seat_busy,
                     "berthd has just started and looks for what an earlier one left; try again in a moment."}}
               : std::nullopt;
}

/// `again`: one that is kept may have it.
std::optional<Refused> refuse_name(const World& world, const std::string& name, bool again) {
    if (!name.empty() && !is_profile_name(name)) {
        return invalid_run(
            "'" + name.substr(0, 80) +
            "' is no client's name: 1 to 64 letters, digits, '.', '_' and '-', a letter or digit first.");
    }
    const auto there = world.clients.find(ClientId{name});
    if (there != world.clients.end() && !(again && there->second.state == ClientState::exited)) {
        return Refused{Refusal::name_taken, "Client " + name + " is there already; it is " +
                                                std::string{name_of(there->second.state)} + "."};
    }
    return std::nullopt;
}

std::optional<Refused> refuse_seat(const World& world, const SeatName& seat) {
    return world.seats.contains(seat) ? std::nullopt
                                      : std::optional{Refused{Refusal::no_such_seat, "No seat '" + seat.value + "'."}};
}

/// The profile with what the caller asked for besides.
ClientPlan plan_of(const RunRequest& run, AppProfile app, CallToken token) {
    add_each_once(app.grants, run.grants);
    std::erase_if(app.optional, [&run](const Grant& grant) { // the caller insists
        return is_among(run.grants, grant);
    });
    for (const auto& [name, value] : run.environment) {
        app.environment[name] = value;
    }
    app.user = run.user.value_or(app.user);
    app.network = run.network.value_or(app.network);
    app.working_directory = run.working_directory.value_or(app.working_directory);
    app.volumes.insert(app.volumes.end(), run.volumes.begin(), run.volumes.end());
    app.keep = app.keep || run.keep;
    std::vector<std::string> command = run.argv.empty() ? app.command : run.argv;
    return ClientPlan{std::move(app), std::move(command), run.streamed, run.terminal, token};
}

SeatName seat_for(const RunRequest& run, const AppProfile& app) {
    return SeatName{!run.seat.empty() ? run.seat : (app.seat.empty() ? "seat0" : app.seat)};
}

/// A verdict on the call has looked at what the caller says, and the host's network is the host itself: the caller says
/// that, never the image.
std::optional<Refused> refuse_network(const RunRequest& run, const AppProfile& app) {
    if (!run.labels || app.network != "host" || run.network) {
        return std::nullopt;
    }
    return Refused{Refusal::grant_denied, "The image's label org.berth.network asks for the host's network, which its "
                                          "labels alone do not give; the option 'network' does."};
}

/// Why the client that the call means cannot be made now, or run again as it was made.
std::optional<Refused> refuse_to_begin(const World& world, const RunRequest& run, const AppProfile& app) {
    const auto kept = world.clients.find(ClientId{run.name});
    const bool again = kept != world.clients.end();
    const AppProfile& profile = again ? kept->second.plan.app : app;
    std::vector<Grant> grants = profile.grants;
    std::erase_if(grants, [&profile](const Grant& grant) { return is_among(profile.optional, grant); });
    if (!again) {
        grants.insert(grants.end(), run.grants.begin(), run.grants.end());
    }
    const SeatName seat = again ? kept->second.seat : seat_for(run, app);
    auto refused = refuse_seat(world, seat);
    return refused ? refused : refuse_at_creation(world, seat, grants);
}

/// A desktop sees no jobs: it is answered when the client runs, or will not (answer_start).
void accept_start(Ledger& ledger, CallToken token, Client& client, const Caller& caller) {
    if (caller.desktop) {
        client.asks = token;
    } else {
        ledger.world().calls.erase(token);
        ledger.reply(token, *client.job);
    }
}

/// What of a run a desktop may say: which app, with which arguments, under which name.
RunRequest plain_run_of(const RunRequest& run, const SeatName& desktop) {
    RunRequest plain;
    plain.app = run.app;
    plain.argv = run.argv;
    plain.name = run.name;
    plain.keep = run.keep;
    plain.seat = desktop.value;
    return plain;
}

/// A kept one goes on as it was made: only its command's streams are new.
void run_again(Ledger& ledger, CallToken token, Client& client, const RunRequest& run, const Caller& caller) {
    client.plan.streamed = run.streamed;
    client.plan.caller = token;
    client.job = ledger.open_job(client, JobKind::run, "Running " + client.id.value + " again", caller.bus_name);
    accept_start(ledger, token, client, caller);
    begin(ledger, client);
}

void run_anew(Ledger& ledger, const AppRead& event, const RunRequest& run, const Caller& caller) {
    const AppProfile& app = *event.app;
    Client client;
    client.seat = seat_for(run, app);
    client.id = run.name.empty() ? fresh_name(ledger.world(), app.name) : ClientId{run.name};
    client.since = ledger.now();
    client.plan = plan_of(run, app, event.token);
    client.plan.wishes = event.wishes;
    client.plan.image_seen = event.image_seen;
    Client& there = ledger.world().clients[client.id] = std::move(client);
    there.job = ledger.open_job(there, JobKind::run, "Running " + there.id.value, caller.bus_name);
    accept_start(ledger, event.token, there, caller);
    begin(ledger, there);
}

} // namespace

ClientId fresh_name(World& world, const std::string& app) {
    std::string stem;
    for (const char letter : app.substr(0, longest_name - 20)) {
        stem.push_back(is_profile_name(std::string{'a', letter}) ? letter : '-');
    }
    if (stem.empty() || !is_profile_name(stem)) {
        stem.insert(0, "app");
    }
    ClientId id;
    do {
        id = ClientId{stem + "-" + std::to_string(++world.last_client)};
    } while (world.clients.contains(id));
    return id;
}

std::optional<Refused> refuse_new_client(const World& world, const std::string& name, const SeatName& seat) {
    auto refused = refuse_so_early(world);
    refused = refused ? refused : refuse_seat(world, seat);
    return refused ? refused : refuse_name(world, name, false);
}

std::optional<Refused> refuse_desktop(const World& world, const Request& request, const SeatName& desktop) {
    const auto* const run = std::get_if<RunRequest>(&request);
    if (run == nullptr || *run != plain_run_of(*run, desktop)) {
        return Refused{Refusal::not_authorized,
                       "A desktop runs apps by their profiles' names, and asks for nothing else."};
    }
    const auto seat = world.seats.find(desktop);
    if (seat == world.seats.end() || !is_up(seat->second.state) || !seat->second.plan) {
        return Refused{Refusal::seat_empty, "Seat " + desktop.value + " has no desktop that is up."};
    }
    const DesktopProfile& profile = seat->second.plan->profile;
    const auto names = [&](const std::string& app) {
        return std::find(profile.may_run.begin(), profile.may_run.end(), app) != profile.may_run.end();
    };
    if (!names(run->app) && !names("*")) {
        return Refused{Refusal::grant_denied,
                       "Desktop '" + profile.name + "' may not run '" + run->app.substr(0, longest_name) +
                           "': its profile's may-run " +
                           (profile.may_run.empty() ? "is empty." : "has " + joined(profile.may_run, ", ") + ".")};
    }
    return refuse_run(world, *run);
}

std::optional<Refused> refuse_run(const World& world, const RunRequest& run) {
    if (auto refused = refuse_so_early(world)) {
        return refused;
    }
    if (run.app.empty()) {
        return invalid_run("Which app? It is a profile's name, or an image with the option 'image'.");
    }
    if (auto refused = run.seat.empty() ? std::nullopt : refuse_seat(world, SeatName{run.seat})) {
        return refused;
    }
    if (run.terminal && !run.streamed) {
        return invalid_run("A terminal needs the caller's streams.");
    }
    return refuse_name(world, run.name, run.keep);
}

void on_app_read(Ledger& ledger, const AppRead& event) {
    const auto call = ledger.world().calls.find(event.token);
    const auto* const request =
        call == ledger.world().calls.end() ? nullptr : std::get_if<RunRequest>(&call->second.request);
    if (request == nullptr) {
        return;
    }
    const RunRequest run = *request;
    const Caller caller = call->second.caller;
    auto refused =
        caller.desktop ? refuse_desktop(ledger.world(), run, *caller.desktop) : refuse_run(ledger.world(), run);
    if (!refused && !event.app) {
        refused = Refused{Refusal::bad_profile, event.error};
    }
    if (!refused) {
        refused = refuse_network(run, *event.app);
    }
    if (!refused) {
        refused = refuse_to_begin(ledger.world(), run, *event.app);
    }
    if (refused) {
        ledger.world().calls.erase(call);
        ledger.refuse(event.token, refused->refusal, refused->message);
        return;
    }
    Client* const kept = run.name.empty() ? nullptr : ledger.find_client(ClientId{run.name});
    if (kept != nullptr) {
        run_again(ledger, event.token, *kept, run, caller);
    } else {
        run_anew(ledger, event, run, caller);
    }
}

} // namespace berth::policy
