#include "policy/client_calls.hpp"

#include "base/overloaded.hpp"
#include "policy/client_attach.hpp"
#include "policy/client_grants.hpp"
#include "policy/client_opens.hpp"
#include "policy/client_rules.hpp"
#include "policy/client_runs.hpp"

#include <algorithm>
#include <csignal>

namespace berth::policy {

using namespace model;

namespace {

Refused invalid(std::string sentence) {
    return Refused{Refusal::invalid_argument, std::move(sentence)};
}

const ClientId* client_of(const Request& request) {
    return std::visit(
        []<class T>(const T& r) -> const ClientId* {
            if constexpr (requires { r.client; }) {
                return &r.client;
            } else {
                return nullptr;
            }
        },
        request);
}

Refused in_state(const Client& client) {
    return Refused{Refusal::client_state,
                   "Client " + client.id.value + " is " + std::string{name_of(client.state)} + "."};
}

std::optional<Refused> refuse_unless_idle(const Client& client, bool fits) {
    if (!fits) {
        return in_state(client);
    }
    if (client.step != Step::none || client.work) {
        return Refused{Refusal::client_state, "Client " + client.id.value + " is busy; try again."};
    }
    return std::nullopt;
}

std::optional<Refused> refuse_exec(const Client& client, const ExecRequest& exec) {
    if (exec.argv.empty() || exec.argv.front().empty()) {
        return invalid("Which command? Its list is empty.");
    }
    return client.state == ClientState::running ? std::nullopt : std::optional{in_state(client)};
}

std::optional<Refused> refuse_on_client(const World& world, const Client& client, const Request& request,
                                        const Caller& caller) {
    return std::visit(Overloaded{
                          [&](const GrantRequest& give) {
                              return is_alive(client) ? refuse_grants(world, client, give.grants, caller)
                                                      : std::optional{in_state(client)};
                          },
                          [&](const RevokeRequest& take) -> std::optional<Refused> {
                              const auto fixed =
                                  std::find_if(take.grants.begin(), take.grants.end(),
                                               [](const Grant& grant) { return !can_be_given_live(grant.kind); });
                              if (fixed != take.grants.end()) {
                                  return invalid("Grant '" + text_of(*fixed) +
                                                 "' lasts as long as the container; stop the client to take it back.");
                              }
                              return is_alive(client) ? std::nullopt : std::optional{in_state(client)};
                          },
                          [&](const FreezeClientRequest& freeze) {
                              return refuse_unless_idle(
                                  client, client.state == (freeze.frozen ? ClientState::running : ClientState::frozen));
                          },
                          [&](const SnapshotClientRequest& snapshot) {
                              return snapshot.tag.empty() ? std::optional{invalid("A snapshot needs an image name.")}
                                                          : refuse_unless_idle(client, is_alive(client));
                          },
                          [&](const ExecRequest& exec) { return refuse_exec(client, exec); },
                          [&](const LogsRequest&) {
                              return client.container.empty() ? std::optional{in_state(client)} : std::nullopt;
                          },
                          [&](const SignalRequest& signal) -> std::optional<Refused> {
                              if (signal.signal < 1 || signal.signal > SIGRTMAX) {
                                  return invalid(std::to_string(signal.signal) + " is no signal's number (signal(7)).");
                              }
                              return client.init_pid != 0 ? std::nullopt : std::optional{in_state(client)};
                          },
                          [&](const OpenRequest& open) { return refuse_open(world, client, open.what); },
                          [](const auto&) { return std::optional<Refused>{}; }, // Stop never is impossible
                      },
                      request);
}

std::optional<Refused> refuse_resize(const World& world, const ResizeRequest& resize, const Caller& caller) {
    const auto job = world.jobs.find(resize.job);
    if (job == world.jobs.end() || (job->second.kind != JobKind::run && job->second.kind != JobKind::exec)) {
        return Refused{Refusal::no_such_job, "No job " + std::to_string(resize.job.value) + " with a terminal runs."};
    }
    if (caller.uid != 0 && caller.bus_name != job->second.owner) {
        return Refused{Refusal::not_authorized, "The terminal is another caller's."};
    }
    if (resize.rows == 0 || resize.columns == 0 || resize.rows > 0xffff || resize.columns > 0xffff) {
        return invalid("A terminal has 1 to 65535 rows and columns.");
    }
    return std::nullopt;
}

JobId open_work(Ledger& ledger, Client& client, JobKind kind, const std::string& message, const Caller& caller) {
    client.work = ledger.open_job(client, kind, message, caller.bus_name);
    return *client.work;
}

void accept_in_place(Ledger& ledger, CallToken token, Client& client, JobKind kind, Step step, const Caller& caller,
                     const std::string& argument = {}) {
    ledger.reply(token, open_work(ledger, client, kind, "", caller));
    run_in_place(ledger, client, step, argument);
}

void accept_stop(Ledger& ledger, CallToken token, Client& client, const StopRequest& stop, const Caller& caller) {
    const bool kept = client.state == ClientState::exited;
    if (client.work) { // a freeze or a snapshot, which is over with the client; or another stop, which is joined
        const auto running = ledger.world().jobs.find(*client.work);
        if (running != ledger.world().jobs.end() && running->second.kind == JobKind::stop) {
            ledger.reply(token, *client.work);
            if (stop.timeout_ms == 0) {
                hasten(ledger, client);
            }
            return;
        }
        ledger.close_job(client.work, JobState::cancelled, "The client is ended", "Cancelled: the client is ended");
    }
    ledger.reply(token, open_work(ledger, client, JobKind::stop, "Ending the client", caller));
    client.stop_ms = stop.timeout_ms;
    client.now |= stop.timeout_ms == 0;
    if (client.state == ClientState::ending) {
        if (stop.timeout_ms == 0 || client.step == Step::flush) {
            hasten(ledger, client);
        }
        return;
    }
    if (kept) {
        client.plan.app.keep = false; // to stop what has stopped is to let go of it
    }
    leave(ledger, client, Failure{Step::none, ErrorCode::cancelled, "The client was stopped"}, "Stopped by a call");
}

void accept_exec(Ledger& ledger, CallToken token, const Client& client, const ExecRequest& exec, const Caller& caller) {
    const JobId job = ledger.open_job(client, JobKind::exec, "Running " + exec.argv.front(), caller.bus_name);
    ledger.emit(RunExec{job, token, exec});
    ledger.reply(token, job);
}

} // namespace

bool is_about_clients(const Request& request) noexcept {
    return std::holds_alternative<RunRequest>(request) || std::holds_alternative<ResizeRequest>(request) ||
           std::holds_alternative<AttachRequest>(request) || client_of(request) != nullptr;
}

const char* client_action_of(const Request& request) noexcept {
    return std::visit(Overloaded{
                          [](const RunRequest& run) {
                              const bool host =
                                  !run.volumes.empty() || run.network == "host" ||
                                  std::any_of(run.grants.begin(), run.grants.end(),
                                              [](const Grant& grant) { return grant.kind == GrantKind::host; });
                              const bool grants = !run.grants.empty() || run.labels;
                              return host ? "org.berth.grant-host" : grants ? "org.berth.grant" : "org.berth.run";
                          },
                          [](const GrantRequest&) { return "org.berth.grant"; },
                          [](const AttachRequest&) { return "org.berth.attach"; },
                          [](const SnapshotClientRequest&) { return "org.berth.images"; },
                          [](const RevokeRequest&) { return "org.berth.run"; },
                          [](const ResizeRequest&) { return ""; }, // the terminal's owner alone
                          [](const auto&) { return "org.berth.run"; },
                      },
                      request);
}

std::optional<Refused> refuse_client_call(const World& world, const Request& request, const Caller& caller) {
    if (caller.desktop) {
        return refuse_desktop(world, request, *caller.desktop);
    }
    const bool opens = std::holds_alternative<OpenRequest>(request);
    const bool of_leases =
        opens || std::holds_alternative<GrantRequest>(request) || std::holds_alternative<RevokeRequest>(request);
    if ((opens && !caller.self) || (caller.self && (!of_leases || *client_of(request) != *caller.self))) {
        return Refused{Refusal::not_authorized, "A client speaks for itself, and about its grants alone."};
    }
    if (const auto* const run = std::get_if<RunRequest>(&request)) {
        return refuse_run(world, *run);
    }
    if (const auto* const attach = std::get_if<AttachRequest>(&request)) {
        return refuse_attach(world, *attach, caller);
    }
    if (const auto* const resize = std::get_if<ResizeRequest>(&request)) {
        return refuse_resize(world, *resize, caller);
    }
    const ClientId id = *client_of(request); // what is about clients and not of these three names one
    const auto client = world.clients.find(id);
    if (client == world.clients.end()) {
        return Refused{Refusal::no_such_client, "No client '" + id.value.substr(0, 80) + "'."};
    }
    return refuse_on_client(world, client->second, request, caller);
}

void accept_client_call(Ledger& ledger, CallToken token, const Request& request, const Caller& caller) {
    const auto client = [&ledger](const auto& r) -> Client& { return ledger.world().clients.at(r.client); };
    bool waits = false;
    std::visit(
        Overloaded{
            [&](const RunRequest& run) {
                ledger.emit(ReadApp{token, run.app, run.is_image, run.labels});
                waits = true;
            },
            [&](const AttachRequest& attach) {
                waits = true; // until it is attached
                accept_attach(ledger, token, attach);
            },
            [&](const StopRequest& stop) { accept_stop(ledger, token, client(stop), stop, caller); },
            [&](const FreezeClientRequest& freeze) {
                accept_in_place(ledger, token, client(freeze), freeze.frozen ? JobKind::freeze : JobKind::thaw,
                                freeze.frozen ? Step::pause : Step::unpause, caller);
            },
            [&](const SnapshotClientRequest& snapshot) {
                accept_in_place(ledger, token, client(snapshot), JobKind::snapshot, Step::commit, caller, snapshot.tag);
            },
            [&](const GrantRequest& give) {
                waits = true; // until `give` has ended; what ends at once takes it out of `calls` itself
                accept_grants(ledger, token, client(give), give.grants, true);
            },
            [&](const RevokeRequest& take) {
                waits = true;
                accept_grants(ledger, token, client(take), take.grants, false);
            },
            [&](const OpenRequest& open) {
                waits = true;
                accept_open(ledger, token, open);
            },
            [&](const ExecRequest& exec) { accept_exec(ledger, token, client(exec), exec, caller); },
            [&](const LogsRequest& logs) {
                const JobId job = ledger.open_job(client(logs), JobKind::logs, "Reading its log", caller.bus_name);
                ledger.emit(RunLogs{job, token, logs});
                ledger.reply(token, job);
            },
            [&](const SignalRequest& signal) {
                ledger.emit(SignalClient{signal.client, signal.signal});
                ledger.reply(token);
            },
            [&](const ResizeRequest& resize) {
                const Job& job = ledger.world().jobs.at(resize.job);
                ledger.emit(ResizeTerminal{resize.job, job.kind == JobKind::run ? job.client : ClientId{}, resize.rows,
                                           resize.columns});
                ledger.reply(token);
            },
            [](const auto&) {}, // seats' requests do not come here
        },
        request);
    if (!waits) {
        ledger.world().calls.erase(token);
    }
}

void cancel_client_job(Ledger& ledger, const Job& job) {
    if (Client* const client = ledger.find_client(job.client)) {
        leave(ledger, *client, Failure{client->step, ErrorCode::cancelled, "The job was cancelled"}, "Cancelled");
    }
}

} // namespace berth::policy
