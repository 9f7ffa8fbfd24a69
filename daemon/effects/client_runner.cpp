#include "base/log.hpp"
#include "base/overloaded.hpp"
#include "effects/client_filling.hpp"
#include "effects/client_steps.hpp"
#include "effects/runner.hpp"
#include "model/json.hpp"

#include <chrono>
#include <memory>

/// The Runner's effects on clients.
namespace berth::effects {

using namespace model;

namespace {

constexpr std::chrono::seconds exec_end_limit{10};

std::string exec_name(JobId job) {
    return "exec/" + std::to_string(job.value);
}

Failure exec_failure(const Error& error) {
    return Failure{Step::none, error.code, error.message};
}

} // namespace

void Runner::read_app(const ReadApp& effect) {
    if (effect.is_image) {
        read_labels(effect);
        return;
    }
    auto app = ports_.profiles.read_app(effect.app);
    if (app) {
        if (const auto fits = ports_.profiles.check_app_host(*app); !fits) {
            app = fits.error();
        }
    }
    app ? post_(AppRead{effect.token, *app, {}}) : post_(AppRead{effect.token, std::nullopt, app.error().message});
}

void Runner::run_client_step(const RunClientStep& effect, const World& world) {
    const auto client = world.clients.find(effect.client);
    if (client == world.clients.end()) {
        return;
    }
    const ClientContext context{ports_, options_, world, [this](const ClientId& id) { post_(StreamsEnded{id}); }};
    effects::run_client_step(
        context, client->second, effect,
        [this, effect](StepFacts facts) {
            post_(ClientStepFinished{effect.client, effect.serial, effect.step, std::move(facts), std::nullopt});
        },
        [this, effect](const Error& error) {
            post_(ClientStepFinished{
                effect.client, effect.serial, effect.step, {}, Failure{effect.step, error.code, error.message}});
        });
}

void Runner::watch_client(const WatchClient& effect, const World& world) {
    ports_.processes.watch(effect.client, effect.pid, [this, effect] {
        post_(ClientExited{effect.client, effect.pid});
    });
    ports_.freezes.watch(effect.client, effect.pid, [this, effect](bool paused) {
        post_(ClientPausedChanged{effect.client, effect.pid, paused});
    });
    const auto client = world.clients.find(effect.client);
    if (client != world.clients.end() && client->second.door && !client->second.door->door.empty()) {
        const ClientDoor& door = *client->second.door;
        ports_.device_news.follow(effect.client, effect.pid, door.door, devices_in(door));
    }
}

void Runner::publish_client(const PublishClient& effect, const World& world) {
    const auto client = world.clients.find(effect.client);
    if (client == world.clients.end()) {
        return; // it goes with this decision
    }
    ports_.publisher.client_changed(client->second);
    ports_.client_sockets.update(client->second);
    ports_.states.keep(client->second);
    log::info(std::string{name_of(client->second.state)} + ": " + effect.reason,
              {{"BERTH_CLIENT", effect.client.value}, {"BERTH_EVENT", "state"}});
}

void Runner::withdraw_client(const WithdrawClient& effect) {
    ports_.publisher.client_removed(effect.client);
    ports_.states.forget(effect.client);
    ports_.timers.clear(effect.client);
    ports_.lease_timers.clear(effect.client);
    log::info("the client is no more", {{"BERTH_CLIENT", effect.client.value}, {"BERTH_EVENT", "state"}});
}

/// The caller's streams, shared since a completion must be copyable; null where the job has ended for want of them or
/// of the client.
std::shared_ptr<ports::Stdio> Runner::streams_for(JobId job, CallToken token, bool client_is_there) {
    auto stdio = ports_.caller_streams.take(token);
    if (stdio && client_is_there) {
        return std::make_shared<ports::Stdio>(std::move(*stdio));
    }
    post_(ExecEnded{job, -1,
                    exec_failure(stdio ? Error{ErrorCode::no_such_client, "the client is gone"} : stdio.error())});
    return nullptr;
}

void Runner::run_exec(const RunExec& effect, const World& world) {
    const auto client = world.clients.find(effect.request.client);
    const auto stdio = streams_for(effect.job, effect.token, client != world.clients.end());
    if (stdio == nullptr) {
        return;
    }
    ports::StreamedExecSpec spec;
    spec.exec.command = effect.request.argv;
    spec.exec.environment = client->second.door ? environment_of(*client->second.door) : spec.exec.environment;
    for (const auto& [name, value] : effect.request.environment) {
        spec.exec.environment[name] = value;
    }
    spec.exec.user = effect.request.user;
    spec.terminal = effect.request.terminal;
    spec.working_directory = effect.request.working_directory;
    ports_.streams.begin_exec(client->second.container, spec,
                              [this, job = effect.job, stdio](Result<ports::StreamedExec> begun) {
                                  if (!begun) {
                                      post_(ExecEnded{job, -1, exec_failure(begun.error())});
                                      return;
                                  }
                                  execs_[job] = begun->id;
                                  follow_exec(job, std::move(*begun), std::move(*stdio));
                              });
}

void Runner::follow_exec(JobId job, ports::StreamedExec begun, ports::Stdio stdio) {
    ports_.relays.relay(exec_name(job), std::move(begun.streams), std::move(stdio),
                        [this, job, id = begun.id](const Result<void>& carried) {
                            if (!carried) { // the command may run on, and nobody hears it
                                execs_.erase(job);
                                post_(ExecEnded{job, -1, exec_failure(carried.error())});
                                return;
                            }
                            ports_.streams.end_of_exec(id, exec_end_limit, [this, job](const Result<int>& code) {
                                execs_.erase(job);
                                code ? post_(ExecEnded{job, *code, std::nullopt})
                                     : post_(ExecEnded{job, -1, exec_failure(code.error())});
                            });
                        });
}

void Runner::run_logs(const RunLogs& effect, const World& world) {
    const auto client = world.clients.find(effect.request.client);
    const auto stdio = streams_for(effect.job, effect.token, client != world.clients.end());
    if (stdio == nullptr) {
        return;
    }
    ports_.streams.logs(client->second.container, effect.request.follow, effect.request.tail,
                        [this, job = effect.job, stdio](Result<ports::StreamConnection> connection) {
                            if (!connection) {
                                post_(ExecEnded{job, -1, exec_failure(connection.error())});
                                return;
                            }
                            ports_.relays.relay(exec_name(job), std::move(*connection), std::move(*stdio),
                                                [this, job](const Result<void>& carried) {
                                                    carried ? post_(ExecEnded{job, 0, std::nullopt})
                                                            : post_(ExecEnded{job, -1, exec_failure(carried.error())});
                                                });
                        });
}

void Runner::resize_terminal(const ResizeTerminal& effect, const World& world) {
    const auto client = world.clients.find(effect.client);
    const auto exec = execs_.find(effect.job);
    const auto told = [job = effect.job](const Result<void>& resized) {
        if (!resized) {
            log::debug("job " + std::to_string(job.value) + ": " + resized.error().message);
        }
    };
    if (client != world.clients.end()) {
        ports_.streams.resize(client->second.container, effect.rows, effect.columns, told);
    } else if (exec != execs_.end()) {
        ports_.streams.resize_exec(exec->second, effect.rows, effect.columns, told);
    }
}

void Runner::run_one_on_client(const Effect& effect, const World& world) {
    std::visit(Overloaded{
                   [&](const ReadApp& read) { read_app(read); },
                   [&](const RunClientStep& step) { run_client_step(step, world); },
                   [&](const ArmClientTimer& timer) {
                       ports_.timers.arm(timer.client, std::chrono::milliseconds{timer.after_ms}, [this, timer] {
                           post_(ClientTimerFired{timer.client, timer.serial});
                       });
                   },
                   [&](const ClearClientTimer& timer) { ports_.timers.clear(timer.client); },
                   [&](const WatchClient& watch) { watch_client(watch, world); },
                   [&](const PublishClient& publish) { publish_client(publish, world); },
                   [&](const WithdrawClient& withdraw) { withdraw_client(withdraw); },
                   [&](const RunExec& exec) { run_exec(exec, world); },
                   [&](const RunLogs& logs) { run_logs(logs, world); },
                   [&](const SignalClient& kill) {
                       if (const auto sent = ports_.processes.signal(kill.client, kill.signal); !sent) {
                           log::warning(sent.error().message, {{"BERTH_CLIENT", kill.client.value}});
                       }
                   },
                   [&](const ResizeTerminal& resize) { resize_terminal(resize, world); },
                   [&](const DropStreams& drop) { ports_.caller_streams.drop(drop.token); },
                   [&](const UndoJoin& undo) {
                       ports_.foreign.unmount(undo.init_pid, undo.mounts, [](const Result<void>& undone) {
                           if (!undone) {
                               log::warning(undone.error().message);
                           }
                       });
                   },
                   [&](const EndStreams& end) { ports_.relays.end(Subject{end.client}.value); },
                   [&](const RecordGrant& record) {
                       log::notice(record.grant + " " + record.what + " (" + record.who + ")" +
                                       (record.reason.empty() ? "" : ": " + record.reason),
                                   {{"BERTH_CLIENT", record.client.value},
                                    {"BERTH_EVENT", "grant"},
                                    {"BERTH_GRANT", record.grant}});
                   },
                   [&](const auto&) { run_of_leases(effect, world); },
               },
               effect);
}

} // namespace berth::effects
