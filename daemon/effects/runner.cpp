#include "effects/runner.hpp"

#include "base/log.hpp"
#include "base/overloaded.hpp"
#include "effects/container_spec.hpp"
#include "effects/leftovers.hpp"
#include "effects/seat_sound.hpp"
#include "effects/steps.hpp"
#include "model/json.hpp"

#include <chrono>

namespace berth::effects {

using namespace model;

namespace {

constexpr std::chrono::seconds time_to_end{5}; ///< between SIGTERM and SIGKILL
constexpr int over_time = 124;                 ///< timeout(1)'s exit status where it ended the command

/// The command under timeout(1), in the desktop: leaving the engine's exec ends nothing in there.
std::vector<std::string> limited(const AskDesktop& effect) {
    std::vector<std::string> command{"timeout", "-k", std::to_string(time_to_end.count()),
                                     std::to_string(effect.limit_s)};
    command.insert(command.end(), effect.command.begin(), effect.command.end());
    return command;
}

std::string what_became_of(const AskDesktop& effect, int exit_code) {
    const std::string name = "'" + effect.command.front() + "'";
    return exit_code == over_time ? name + " was ended after " + std::to_string(effect.limit_s) + " s"
                                  : name + " ended with exit code " + std::to_string(exit_code);
}

} // namespace

Runner::Runner(Ports ports, RunnerOptions options, Post post, std::function<void()> exit)
    : ports_{ports}, options_{std::move(options)}, post_{std::move(post)}, exit_{std::move(exit)} {}

void Runner::run(const std::vector<Effect>& effects, const World& world) {
    for (const Effect& effect : effects) {
        run_one(effect, world);
    }
}

void Runner::run_one(const Effect& effect, const World& world) {
    std::visit(Overloaded{
                   [&](const Reply& reply) {
                       if (!ports_.client_sockets.reply(reply) && !ports_.self_sockets.reply(reply)) {
                           ports_.publisher.reply(reply);
                       }
                   },
                   [&](const Authorize& ask) {
                       ports_.authority.check(
                           ask.caller, ask.action, [this, token = ask.token](Result<ports::Authority::Verdict> answer) {
                               const bool allowed = answer && answer->allowed;
                               post_(Authorized{token, allowed, answer ? answer->reason : answer.error().message});
                           });
                   },
                   [&](const ReadProfile& read) { read_profile(read, world); },
                   [&](const FindLeftovers&) {
                       find_leftovers(ports_, options_.instance,
                                      [this](LeftoversFound found) { post_(std::move(found)); });
                   },
                   [&](const RunStep& step) { run_step(step, world); },
                   [&](const ArmTimer& timer) {
                       ports_.timers.arm(timer.seat, std::chrono::milliseconds{timer.after_ms}, [this, timer] {
                           post_(TimerFired{timer.seat, timer.serial});
                       });
                   },
                   [&](const ClearTimer& timer) { ports_.timers.clear(timer.seat); },
                   [&](const WatchInit& watch) { watch_init(watch, world); },
                   [&](const PublishSeat& publish) { publish_seat(publish, world); },
                   [&](const WithdrawSeat& withdraw) {
                       ports_.publisher.seat_removed(withdraw.seat);
                       ports_.states.forget(withdraw.seat);
                       log::notice("the seat is no more", {{"BERTH_SEAT", withdraw.seat.value}});
                   },
                   [&](const PublishJob& publish) { publish_job(publish); },
                   [&](const PrintOnTty& print) { ports_.terminals.print(print.vt, print.text); },
                   [&](const SwitchVt& change) {
                       if (const auto done = ports_.terminals.switch_from(change.from, change.to); !done) {
                           log::warning(done.error().message, {{"BERTH_SEAT", change.seat.value}});
                       }
                   },
                   [&](const ShareSound& share) {
                       if (const auto seat = world.seats.find(share.seat); seat != world.seats.end()) {
                           share_sound(ports_, seat->second);
                       }
                   },
                   [&](const ShareRender& share) {
                       if (const auto seat = world.seats.find(share.seat); seat != world.seats.end()) {
                           share_render(ports_, seat->second, share);
                       }
                   },
                   [&](const AskDesktop& ask) { ask_desktop(ask, world); },
                   [&](const PublishHardware&) { ports_.publisher.hardware_changed(world); },
                   [&](const PublishDock& publish) { publish_dock(publish, world); },
                   [&](const ReadDocks&) { read_docks(); },
                   [&](const Exit&) { exit_(); },
                   [&](const auto&) { run_one_on_client(effect, world); },
               },
               effect);
}

void Runner::watch_init(const WatchInit& effect, const World& world) {
    if (const auto seat = world.seats.find(effect.seat); seat != world.seats.end()) {
        ports_.guards.tell(seat->second); // first: it needs no loop of berthd's to act
    }
    ports_.processes.watch(effect.seat, effect.pid, [this, effect] { post_(InitExited{effect.seat, effect.pid}); });
    ports_.freezes.watch(effect.seat, effect.pid, [this, effect](bool paused) {
        post_(PausedChanged{effect.seat, effect.pid, paused});
    });
}

void Runner::read_profile(const ReadProfile& effect, const World& world) {
    auto profile = ports_.profiles.read(effect.desktop);
    const auto seat = world.seats.find(effect.seat);
    if (profile && seat != world.seats.end()) {
        const SeatMode mode = resolve(effect.mode.value_or(profile->mode), world.host, seat->second);
        if (const auto fits = ports_.profiles.check_host(*profile, mode); !fits) {
            profile = fits.error();
        }
    }
    if (profile) {
        post_(ProfileRead{effect.token, *profile, {}});
    } else {
        post_(ProfileRead{effect.token, std::nullopt, profile.error().message});
    }
}

void Runner::publish_seat(const PublishSeat& effect, const World& world) {
    const auto seat = world.seats.find(effect.seat);
    if (seat != world.seats.end()) { // else it goes with this decision: its last state is told nonetheless
        ports_.publisher.seat_changed(seat->second);
        ports_.self_sockets.update(seat->second);
        if (!world.leftovers_asked_for) { // else what an earlier berthd kept has not been read yet
            ports_.states.keep(seat->second);
        }
    }
    if (effect.state_changed) {
        ports_.publisher.state_changed(effect.seat, effect.old_state, effect.new_state, effect.reason);
        log::notice(std::string{name_of(effect.old_state)} + " -> " + std::string{name_of(effect.new_state)} + ": " +
                        effect.reason,
                    {{"BERTH_SEAT", effect.seat.value}, {"BERTH_EVENT", "state"}});
    } else {
        log::debug(effect.reason, {{"BERTH_SEAT", effect.seat.value}});
    }
}

void Runner::publish_dock(const PublishDock& effect, const World& world) {
    ports_.publisher.hardware_changed(world);
    ports_.docks.remember(effect.seat, effect.dock);
    ports_.publisher.docks_known(ports_.docks.known());
    ports_.publisher.dock_changed(effect.seat, effect.docked, effect.dock);
    log::notice((effect.docked ? "docked: " : "undocked: ") + effect.dock.name + " (" + effect.dock.id + ")",
                {{"BERTH_SEAT", effect.seat.value}, {"BERTH_EVENT", "dock"}});
}

void Runner::read_docks() {
    DocksRead read;
    for (const auto& profile : ports_.profiles.read_docks()) {
        if (profile) {
            read.profiles.push_back(*profile);
        } else {
            log::error(profile.error().message);
        }
    }
    post_(std::move(read));
}

void Runner::ask_desktop(const AskDesktop& effect, const World& world) {
    const auto answer = [this, seat = effect.seat, question = effect.question](bool yes, const std::string& why) {
        if (question == 0 && !yes) {
            log::warning(seat.value + ": a dock's command failed: " + why, {{"BERTH_SEAT", seat.value}});
        }
        post_(DesktopAnswered{seat, question, yes, why});
    };
    const auto seat = world.seats.find(effect.seat);
    if (seat == world.seats.end() || !seat->second.plan || effect.command.empty()) {
        answer(false, "there is nobody who could be asked");
        return;
    }
    const DesktopProfile& profile = seat->second.plan->profile;
    ports::ExecSpec spec{limited(effect), session_environment(profile), session_user(profile)};
    spec.environment.insert(effect.environment.begin(), effect.environment.end());
    ports_.engine.exec(seat->second.container, spec, std::chrono::seconds{effect.limit_s} + 2 * time_to_end,
                       [answer, effect](const Result<ports::ExecResult>& ended) {
                           if (!ended) {
                               answer(false, ended.error().message);
                           } else {
                               answer(ended->exit_code == 0, what_became_of(effect, ended->exit_code));
                           }
                       });
}

void Runner::publish_job(const PublishJob& effect) {
    ports_.jobs.remember(effect.job); // first: who hears of the end may ask for it
    if (has_ended(effect.job.state)) {
        ports_.publisher.jobs_ended(ports_.jobs.ended());
    }
    ports_.publisher.job_changed(effect.job);
    if (effect.job.state == JobState::failed) {
        log::error("job " + std::to_string(effect.job.id.value) + " (" + std::string{name_of(effect.job.kind)} +
                       ") failed: " + effect.job.error,
                   {{"BERTH_SEAT", effect.job.seat.value}, {"BERTH_EVENT", "job"}});
    }
}

void Runner::run_step(const RunStep& effect, const World& world) {
    const auto seat = world.seats.find(effect.seat);
    if (seat == world.seats.end()) {
        return;
    }
    const StepContext context{ports_, options_, world.host};
    effects::run_step(
        context, seat->second, effect,
        [this, effect](StepFacts facts) {
            post_(StepFinished{effect.seat, effect.serial, effect.step, std::move(facts), std::nullopt});
        },
        [this, effect](const Error& error) {
            post_(StepFinished{
                effect.seat, effect.serial, effect.step, {}, Failure{effect.step, error.code, error.message}});
        });
}

} // namespace berth::effects
