#include "effects/client_steps.hpp"

#include "base/log.hpp"
#include "effects/client_door.hpp"
#include "effects/client_foreign.hpp"
#include "effects/client_loopback.hpp"
#include "effects/client_spec.hpp"
#include "effects/create_named.hpp"

#include <csignal>

namespace berth::effects {

using namespace model;

namespace {

Done<void> plainly(StepDone done, StepFailed failed) {
    return [done = std::move(done), failed = std::move(failed)](const Result<void>& result) {
        result ? done({}) : failed(result.error());
    };
}

/// Makes the container and puts its links into it; without them it is removed again.
void create_with_links(ports::Engine& engine, const ports::ContainerSpec& spec,
                       const std::map<std::string, std::string>& links, StepDone done, StepFailed failed) {
    create_named(
        engine, spec,
        [&engine, spec, links, done = std::move(done), failed = std::move(failed)](const Result<std::string>& id) {
            if (!id) {
                failed(id.error());
                return;
            }
            const StepFacts made = ContainerCreated{*id, spec.devices, spec.device_rules};
            if (links.empty()) {
                done(made);
                return;
            }
            engine.put_links(*id, links, [&engine, id = *id, made, done, failed](const Result<void>& put) {
                if (put) {
                    done(made);
                    return;
                }
                engine.remove(id, [failed, error = put.error()](const Result<void>&) { failed(error); });
            });
        });
}

void create_client(const ClientContext& context, const Client& client, StepDone done, StepFailed failed) {
    ports::Engine& engine = context.ports.engine;
    find_surroundings(context, client,
                      [&engine, client, instance = context.options.instance, done = std::move(done),
                       failed = std::move(failed)](const grants::Surroundings& from) {
                          const auto offer = grants::offer_all(client.grants, from);
                          if (!offer) {
                              failed(offer.error());
                              return;
                          }
                          create_with_links(engine, client_spec(client, *offer, from, instance),
                                            client_links(client, *offer), done, failed);
                      });
}

/// The caller's descriptors and the engine's connection meet in a process of their own.
void attach_client(const ClientContext& context, const Client& client, StepDone done, StepFailed failed) {
    const Ports& ports = context.ports;
    ports.streams.attach(client.container, [ports, client, ended = context.streams_ended, done = std::move(done),
                                            failed = std::move(failed)](Result<ports::StreamConnection> connection) {
        if (!connection) {
            failed(connection.error());
            return;
        }
        auto stdio = ports.caller_streams.take(client.plan.caller);
        if (!stdio) {
            failed(stdio.error());
            return;
        }
        ports.relays.relay(Subject{client.id}.value, std::move(*connection), std::move(*stdio),
                           [ended, id = client.id](const Result<void>& relayed) {
                               if (!relayed) {
                                   log::warning(relayed.error().message, {{"BERTH_CLIENT", id.value}});
                               }
                               ended(id);
                           });
        done({});
    });
}

/// A short command may have ended before anybody looks: that is no failure, its init is 0.
void start_container(ports::Engine& engine, const std::string& container, StepDone done, StepFailed failed) {
    engine.start(container,
                 [&engine, container, done = std::move(done), failed = std::move(failed)](const Result<void>& started) {
                     if (!started) {
                         failed(started.error());
                         return;
                     }
                     engine.inspect(container, [done, failed](const Result<ports::ContainerInfo>& info) {
                         if (!info) {
                             failed(info.error());
                         } else {
                             const bool lives = info->state == ports::ContainerState::running ||
                                                info->state == ports::ContainerState::paused;
                             done(InitStarted{lives ? info->init_pid : 0});
                         }
                     });
                 });
}

/// The container's network is made, the ports are opened in it, and then its command runs: they are there when it
/// looks. An engine that cannot do it apart starts it first.
void open_and_start(const Ports& ports, const Client& client, const std::vector<LoopbackPort>& wanted, StepDone done,
                    StepFailed failed) {
    const StepDone opened = [ports, client, wanted, done, failed](const StepFacts& started) {
        const pid_t init = std::get<InitStarted>(started).pid;
        open_ports(ports, client.id, init, init == 0 ? std::vector<LoopbackPort>{} : wanted,
                   [started, done, failed](const Result<void>& open) { open ? done(started) : failed(open.error()); });
    };
    ports.engine.initialize(client.container, [ports, client, wanted, done, opened, failed](const Result<void>& made) {
        if (!made) {
            failed(made.error());
            return;
        }
        ports.engine.inspect(client.container,
                             [ports, client, wanted, done, opened, failed](const Result<ports::ContainerInfo>& info) {
                                 if (!info || info->waiting_pid == 0) {
                                     start_container(ports.engine, client.container, opened, failed);
                                     return;
                                 }
                                 open_ports(ports, client.id, info->waiting_pid, wanted,
                                            [ports, client, done, failed](const Result<void>& open) {
                                                if (open) {
                                                    start_container(ports.engine, client.container, done, failed);
                                                } else {
                                                    failed(open.error());
                                                }
                                            });
                             });
    });
}

void start_client(const ClientContext& context, const Client& client, StepDone done, StepFailed failed) {
    if (!client.door || ports_in(*client.door).empty()) {
        start_container(context.ports.engine, client.container, std::move(done), std::move(failed));
        return;
    }
    find_surroundings(context, client,
                      [ports = context.ports, client, done = std::move(done),
                       failed = std::move(failed)](const grants::Surroundings& from) {
                          const auto offer = grants::offer_all(client.grants, from);
                          offer ? open_and_start(ports, client, offer->ports, done, failed) : failed(offer.error());
                      });
}

void kill_client(const ClientContext& context, const Client& client, StepDone done, StepFailed failed) {
    if (client.init_pid != 0) {
        plainly(std::move(done), std::move(failed))(context.ports.processes.signal(client.id, SIGKILL));
    } else {
        context.ports.engine.kill(client.container, SIGKILL, plainly(std::move(done), std::move(failed)));
    }
}

void remove_client(const ClientContext& context, const std::string& container, StepDone done, StepFailed failed) {
    ports::Processes& processes = context.ports.processes;
    context.ports.engine.remove(container, [&processes, container, done = std::move(done),
                                            failed = std::move(failed)](const Result<void>& removed) {
        processes.end_helpers(container);
        removed ? done({}) : failed(removed.error());
    });
}

bool runs_on_the_engine(const ClientContext& context, const Client& client, const RunClientStep& step,
                        const StepDone& done, const StepFailed& failed) {
    ports::Engine& engine = context.ports.engine;
    switch (step.step) {
    case Step::check_image:
        engine.image(client.plan.app.image, [done, failed](const Result<ports::ImageInfo>& image) {
            image ? done({}) : failed(image.error());
        });
        return true;
    case Step::stop:
        // The engine's own SIGKILL comes later than the policy's `kill` step, which is the one that is watched.
        engine.stop(client.container, std::chrono::seconds{client.stop_ms / 1000 + 5}, plainly(done, failed));
        return true;
    case Step::collect:
        engine.wait(client.container, std::chrono::seconds{10},
                    [done, failed](const Result<int>& code) { code ? done(ExitFacts{*code}) : failed(code.error()); });
        return true;
    case Step::pause:
        engine.pause(client.container, plainly(done, failed));
        return true;
    case Step::unpause:
        engine.unpause(client.container, plainly(done, failed));
        return true;
    case Step::commit:
        engine.commit(client.container, step.argument,
                      [done, failed](const Result<std::string>& image) { image ? done({}) : failed(image.error()); });
        return true;
    default: // NOLINT(clang-diagnostic-covered-switch-default): the rest is not the engine's alone
        return false;
    }
}

} // namespace

void run_client_step(const ClientContext& context, const Client& client, const RunClientStep& step, StepDone done,
                     StepFailed failed) {
    if (runs_on_the_engine(context, client, step, done, failed)) {
        return;
    }
    if (step.step == Step::find) {
        find_container(context, client, std::move(done), std::move(failed));
    } else if (step.step == Step::join) {
        join_container(context, client, std::move(done), std::move(failed));
    } else if (step.step == Step::part) {
        part_from_container(context, client, std::move(done), std::move(failed));
    } else if (step.step == Step::open_door) {
        open_client_door(context, client, std::move(done), std::move(failed));
    } else if (step.step == Step::create) {
        create_client(context, client, std::move(done), std::move(failed));
    } else if (step.step == Step::start) {
        start_client(context, client, std::move(done), std::move(failed));
    } else if (step.step == Step::attach) {
        attach_client(context, client, std::move(done), std::move(failed));
    } else if (step.step == Step::kill) {
        kill_client(context, client, std::move(done), std::move(failed));
    } else if (step.step == Step::remove) {
        remove_client(context, client.container, std::move(done), std::move(failed));
    } else if (step.step == Step::close_door) {
        close_client_door(context, client, done, failed);
    } else if (step.step == Step::give) {
        give_grants(context, client, std::move(done), std::move(failed));
    } else if (step.step == Step::take) {
        take_grants(context, client, std::move(done), std::move(failed));
    } else if (step.step == Step::adopt) {
        adopt_client(context, client, std::move(done), std::move(failed));
    } else {
        failed(Error{ErrorCode::failed, "Nothing to run"});
    }
}

} // namespace berth::effects
