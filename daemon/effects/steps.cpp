#include "effects/steps.hpp"

#include "base/log.hpp"
#include "effects/container_spec.hpp"
#include "effects/create_named.hpp"
#include "effects/menu.hpp"
#include "effects/seat_sound.hpp"
#include "model/json.hpp"

#include <csignal>

namespace berth::effects {

using namespace model;

namespace {

/// A completion whose success has facts that are known already.
Done<void> with_facts(StepFacts facts, StepDone done, StepFailed failed) {
    return [facts = std::move(facts), done = std::move(done), failed = std::move(failed)](const Result<void>& result) {
        if (result) {
            done(facts);
        } else {
            failed(result.error());
        }
    };
}

/// A completion that only says whether it worked.
Done<void> plain(StepDone done, StepFailed failed) {
    return with_facts({}, std::move(done), std::move(failed));
}

/// A completion whose value becomes the step's facts by `convert`.
template <class T, class Convert>
Done<T> with(StepDone done, StepFailed failed, Convert convert) {
    return [done = std::move(done), failed = std::move(failed), convert](Result<T> result) {
        if (result) {
            done(convert(std::move(*result)));
        } else {
            failed(result.error());
        }
    };
}

void answer(const Result<void>& result, const StepDone& done, const StepFailed& failed) {
    plain(done, failed)(result);
}

Result<void> listen_in_door(const StepContext& context, const Seat& seat, const DoorPaths& paths) {
    return context.ports.self_sockets.listen(seat.name, paths.door + "/bus",
                                             {{"seat", seat.name.value},
                                              {"desktop", seat.plan->profile.name},
                                              {"mode", std::string{name_of(seat.plan->mode)}},
                                              {"version", context.options.version}});
}

void open_door(const StepContext& context, const Seat& seat, const StepDone& done, const StepFailed& failed) {
    const auto paths = context.ports.directories.open(seat, context.host);
    if (!paths) {
        failed(paths.error());
        return;
    }
    const auto listening = listen_in_door(context, seat, *paths);
    if (!listening) {
        failed(listening.error());
        return;
    }
    const auto menu = menu_of(context.ports.profiles, seat.plan->profile);
    if (const auto put = context.ports.directories.put_menu(seat.name, menu); !put) {
        log::warning("the desktop's menu lacks its apps: " + put.error().message, {{"BERTH_SEAT", seat.name.value}});
    }
    done(*paths);
}

/// A terminal is lent when its guard has it in hand, not before.
void claim_vt(const StepContext& context, const Seat& seat, StepDone done, StepFailed failed) {
    ports::SeatGuards& guards = context.ports.guards;
    context.ports.terminals.claim(seat.name, [&guards, lent = Seat{seat}, done = std::move(done),
                                              failed = std::move(failed)](const Result<VtClaim>& claim) mutable {
        if (!claim) {
            failed(claim.error());
            return;
        }
        lent.vt = *claim;
        guards.arm(lent, with_facts(StepFacts{*claim}, std::move(done), std::move(failed)));
    });
}

/// Takes back the guard, then the session: it may have ended since. `before` is how the rest went.
void adopt_the_loan(const StepContext& context, const Seat& seat, const Result<void>& before, StepDone done,
                    StepFailed failed) {
    ports::SeatSessions& sessions = context.ports.sessions;
    const auto then = [&sessions, name = seat.name, leased = seat.lease.has_value(), before, done = std::move(done),
                       failed = std::move(failed)](const Result<void>& guarded) {
        const Result<void> so_far = before ? guarded : before;
        if (!leased) {
            answer(so_far, done, failed);
            return;
        }
        sessions.adopt(name, [so_far, done, failed](const Result<void>& adopted) {
            answer(adopted ? so_far : adopted, done, failed);
        });
    };
    if (!seat.vt) {
        then({});
        return;
    }
    context.ports.terminals.adopt(seat.name, *seat.vt);
    context.ports.guards.arm(seat, then);
}

/// What an earlier berthd had in hand for a desktop that goes on.
void adopt(const StepContext& context, const Seat& seat, StepDone done, StepFailed failed) {
    const auto paths = context.ports.directories.adopt(seat.name);
    const Result<void> listening = paths ? listen_in_door(context, seat, *paths) : Result<void>{paths.error()};
    adopt_the_loan(context, seat, listening, std::move(done), std::move(failed));
}

/// A session takes seconds, so the container is made meanwhile.
void lease_seat(const StepContext& context, const Seat& seat, StepDone done, StepFailed failed) {
    if (const auto prepared = context.ports.directories.prepare_session(seat); !prepared) {
        failed(prepared.error());
        return;
    }
    context.ports.sessions.ask(seat.name, with_facts(SeatLease{}, std::move(done), std::move(failed)));
}

/// The session first, then its facts for the desktop.
void await_lease(const StepContext& context, const Seat& seat, StepDone done, StepFailed failed) {
    ports::SeatDirectories& directories = context.ports.directories;
    context.ports.sessions.await(seat.name, [&directories, name = seat.name, done = std::move(done),
                                             failed = std::move(failed)](const Result<void>& open) {
        if (!open) {
            failed(open.error());
            return;
        }
        auto lease = directories.note_session(name);
        lease ? done(StepFacts{std::move(*lease)}) : failed(lease.error());
    });
}

void create(const StepContext& context, const Seat& seat, StepDone done, StepFailed failed) {
    if (has_sound(seat)) {
        if (const auto put = context.ports.directories.put_nodes(seat.name, sound_nodes_of(seat)); !put) {
            failed(put.error());
            return;
        }
    }
    const ports::ContainerSpec spec = container_spec(seat, context.options.instance, host_files());
    create_named(context.ports.engine, spec,
                 with<std::string>(std::move(done), std::move(failed), [devices = spec.devices](std::string id) {
                     return StepFacts{ContainerCreated{std::move(id), devices}};
                 }));
}

void check_systemd(ports::Engine& engine, const Seat& seat, StepDone done, StepFailed failed) {
    engine.path_exists(
        seat.container, "/usr/lib/systemd/systemd",
        [done = std::move(done), failed = std::move(failed), image = seat.plan->profile.image](Result<bool> exists) {
            if (!exists) {
                failed(exists.error());
            } else if (!*exists) {
                failed(Error{ErrorCode::bad_profile, "Image '" + image +
                                                         "' has no systemd (/usr/lib/systemd/systemd); a desktop "
                                                         "image needs it as PID 1"});
            } else {
                done({});
            }
        });
}

/// Once more where the engine says that it failed: podman 4.3 was seen to begin before its own look into the container
/// (check-systemd, where that comes before) had let go of the root file system, and crun found no /sbin/init in an
/// empty one.
void twice_at_most(ports::Engine& engine, void (ports::Engine::*begin)(const std::string&, Done<void>),
                   const std::string& container, Done<void> done) {
    (engine.*begin)(container, [&engine, begin, container, done = std::move(done)](const Result<void>& first) {
        if (first || first.error().code != ErrorCode::failed) {
            done(first);
            return;
        }
        log::warning("the container did not start, and is started once more: " + first.error().message);
        (engine.*begin)(container, done);
    });
}

/// A container whose image has no init at all is not even set up: what it lacks is said in berth's words.
void initialize(ports::Engine& engine, const Seat& seat, StepDone done, StepFailed failed) {
    twice_at_most(engine, &ports::Engine::initialize, seat.container,
                  [&engine, seat, done = std::move(done), failed = std::move(failed)](const Result<void>& result) {
                      if (result || result.error().code != ErrorCode::failed) {
                          answer(result, done, failed);
                          return;
                      }
                      check_systemd(
                          engine, seat, [failed, error = result.error()](const StepFacts&) { failed(error); }, failed);
                  });
}

void start(ports::Engine& engine, const std::string& container, StepDone done, StepFailed failed) {
    const auto look = [&engine, container, done = std::move(done), failed = std::move(failed)](Result<void> started) {
        if (!started) {
            failed(started.error());
            return;
        }
        engine.inspect(container, [done, failed](Result<ports::ContainerInfo> info) {
            if (!info) {
                failed(info.error());
            } else if (info->state != ports::ContainerState::running || info->init_pid == 0) {
                failed(Error{ErrorCode::failed,
                             "The container ended at once, with exit code " + std::to_string(info->exit_code)});
            } else {
                done(InitStarted{info->init_pid});
            }
        });
    };
    twice_at_most(engine, &ports::Engine::start, container, look);
}

/// Runs a program in the desktop; anything but exit code 0 is a failure with the program's last words.
void exec(ports::Engine& engine, const std::string& container, const ports::ExecSpec& spec, std::uint32_t limit_s,
          StepDone done, StepFailed failed) {
    engine.exec(container, spec, std::chrono::seconds{limit_s},
                [done = std::move(done), failed = std::move(failed), name = spec.command.front()](auto result) {
                    if (!result) {
                        failed(result.error());
                    } else if (result->exit_code != 0) {
                        failed(Error{ErrorCode::failed, "'" + name + "' in the desktop ended with exit code " +
                                                            std::to_string(result->exit_code) + ": " +
                                                            result->output.substr(0, 400)});
                    } else {
                        done({});
                    }
                });
}

/// The profile's probe, as the desktop's user in its session.
void probe_shell(ports::Engine& engine, const Seat& seat, StepDone done, StepFailed failed) {
    const DesktopProfile& profile = seat.plan->profile;
    exec(engine, seat.container, {profile.probe, session_environment(profile), session_user(profile)}, 10,
         std::move(done), std::move(failed));
}

void kill(const StepContext& context, const Seat& seat, StepDone done, StepFailed failed) {
    if (seat.init_pid != 0) {
        answer(context.ports.processes.signal(seat.name, SIGKILL), done, failed);
    } else {
        context.ports.engine.kill(seat.container, SIGKILL, plain(std::move(done), std::move(failed)));
    }
}

void restore_tty(const StepContext& context, const Seat& seat, StepDone done, StepFailed failed) {
    // A claim that ran out of time may have taken a terminal that nobody knows: all zero.
    const bool known = seat.vt && seat.vt->vt != 0;
    const Result<VtClaim> claim = known ? Result<VtClaim>{*seat.vt} : context.ports.terminals.guess();
    if (!claim) {
        failed(claim.error());
        return;
    }
    ports::SeatGuards& guards = context.ports.guards;
    guards.give_back(seat.name);
    context.ports.terminals.restore(
        seat, *claim,
        with<RestoreReport>(std::move(done), std::move(failed), [&guards, name = seat.name](RestoreReport report) {
            if (report.verified) {
                guards.disarm(name);
            }
            return StepFacts{std::move(report)};
        }));
}

void remove(const StepContext& context, const std::string& container, StepDone done, StepFailed failed) {
    ports::Processes& processes = context.ports.processes;
    context.ports.engine.remove(container, [&processes, container, done = std::move(done),
                                            failed = std::move(failed)](const Result<void>& removed) {
        processes.end_helpers(container);
        answer(removed, done, failed);
    });
}

void close_door(const StepContext& context, const Seat& seat, const StepDone& done, const StepFailed& failed) {
    context.ports.self_sockets.close(seat.name);
    context.ports.processes.forget(seat.name);
    context.ports.freezes.forget(seat.name);
    answer(context.ports.directories.close(seat.name), done, failed);
}

void run_bring_up(const StepContext& context, const Seat& seat, Step step, StepDone done, StepFailed failed) {
    ports::Engine& engine = context.ports.engine;
    if (step == Step::check_image) {
        engine.image(seat.plan->profile.image, with<ports::ImageInfo>(std::move(done), std::move(failed),
                                                                      [](const auto&) { return StepFacts{}; }));
    } else if (step == Step::claim_vt) {
        claim_vt(context, seat, std::move(done), std::move(failed));
    } else if (step == Step::open_door) {
        open_door(context, seat, done, failed);
    } else if (step == Step::lease_seat) {
        lease_seat(context, seat, std::move(done), std::move(failed));
    } else if (step == Step::create) {
        create(context, seat, std::move(done), std::move(failed));
    } else if (step == Step::check_systemd) {
        check_systemd(engine, seat, std::move(done), std::move(failed));
    } else if (step == Step::initialize) {
        initialize(engine, seat, std::move(done), std::move(failed));
    } else if (step == Step::await_lease) {
        await_lease(context, seat, std::move(done), std::move(failed));
    } else if (step == Step::join_network) {
        engine.join_networks(seat.container, plain(std::move(done), std::move(failed)));
    } else if (step == Step::start) {
        start(engine, seat.container, std::move(done), std::move(failed));
    } else {
        probe_shell(engine, seat, std::move(done), std::move(failed));
    }
}

} // namespace

void run_step(const StepContext& context, const Seat& seat, const RunStep& step, StepDone done, StepFailed failed) {
    ports::Engine& engine = context.ports.engine;
    switch (step.step) {
    case Step::check_image:
    case Step::claim_vt:
    case Step::open_door:
    case Step::lease_seat:
    case Step::create:
    case Step::check_systemd:
    case Step::initialize:
    case Step::await_lease:
    case Step::start:
    case Step::join_network:
    case Step::probe_shell:
        run_bring_up(context, seat, step.step, std::move(done), std::move(failed));
        break;
    case Step::end_session:
        exec(engine, seat.container, {{"/usr/bin/berth", "end-session"}, {}, {}},
             seat.plan->profile.timeouts.end_session_s, std::move(done), std::move(failed));
        break;
    case Step::stop:
        // The engine's own SIGKILL comes later than the policy's `kill` step, which is the one that is watched.
        engine.stop(seat.container, std::chrono::seconds{(seat.plan ? seat.plan->profile.timeouts.stop_s : 20) + 5},
                    plain(std::move(done), std::move(failed)));
        break;
    case Step::kill:
        kill(context, seat, std::move(done), std::move(failed));
        break;
    case Step::release_seat:
        context.ports.sessions.release(seat.name, plain(std::move(done), std::move(failed)));
        break;
    case Step::restore_tty:
        restore_tty(context, seat, std::move(done), std::move(failed));
        break;
    case Step::remove:
        remove(context, seat.container, std::move(done), std::move(failed));
        break;
    case Step::close_door:
        close_door(context, seat, done, failed);
        break;
    case Step::adopt:
        adopt(context, seat, std::move(done), std::move(failed));
        break;
    case Step::pause:
        engine.pause(seat.container, plain(std::move(done), std::move(failed)));
        break;
    case Step::unpause:
        engine.unpause(seat.container, plain(std::move(done), std::move(failed)));
        break;
    case Step::commit:
        engine.commit(seat.container, step.argument,
                      with<std::string>(std::move(done), std::move(failed), [](const auto&) { return StepFacts{}; }));
        break;
    default: // NOLINT(clang-diagnostic-covered-switch-default): a wait, or a client's step
        failed(Error{ErrorCode::failed, "Nothing to run"});
        break;
    }
}

} // namespace berth::effects
