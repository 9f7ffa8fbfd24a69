#include "bus/seat_sessions.hpp"

#include "bus/absent.hpp"
#include "bus/guard.hpp"
#include "bus/name_owner.hpp"
#include "bus/names.hpp"
#include "bus/sdbus_compat.hpp"
#include "bus/unit_path.hpp"

#include <sys/wait.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace berth::bus {

namespace {

using Properties = std::map<std::string, sdbus::Variant>;

/// How a unit's main process ended; `code` is a CLD_ of waitid(2), 0 when it never ran.
struct Exit {
    std::int32_t code{0};
    std::int32_t status{0};
};

std::string meaning_of(const Exit& exit) {
    return exit.code == CLD_EXITED ? SeatSessions::sentence_of(exit.status)
                                   : "berth-seat was ended by signal " + std::to_string(exit.status);
}

/// Why the unit did not start, when its job ended with `result`. That it stopped when it was told to is no reason.
std::string start_failure(const std::optional<Exit>& exit, const std::string& result) {
    const bool stopped = exit && exit->code == CLD_EXITED && exit->status == 0;
    return exit && !stopped ? meaning_of(*exit) : "the session's unit ended with: " + result;
}

} // namespace

struct SeatSessions::State : std::enable_shared_from_this<SeatSessions::State> {
    /// A session that was asked for: how that ended, and who waits to be told.
    struct Opening {
        std::optional<Result<void>> end;
        std::vector<Done<void>> waiters;

        void ends(const Result<void>& result) {
            end = result;
            for (const auto& waiter : std::exchange(waiters, {})) {
                waiter(result);
            }
        }
    };

    /// A job of the service manager's that runs. `number`: which call of its seat it was.
    struct Waiting {
        model::SeatName seat;
        std::uint64_t number{0};
        std::shared_ptr<Opening> opening; ///< null: a release
        Done<void> done;
    };

    /// What is known of a seat's unit.
    struct Unit {
        std::unique_ptr<sdbus::IProxy> proxy;
        std::optional<sdbus::Slot> match;
        std::uint64_t last_call{0};
        std::shared_ptr<Opening> opening; ///< the last that was asked for
        bool taken{false};                ///< must not end by itself
    };

    using Told = std::function<void(const std::optional<Exit>&)>;

    State(BusConnection& connection, const std::vector<model::SeatName>& seats, Lost on_lost)
        : bus{connection}, lost{std::move(on_lost)},
          manager{compat::make_proxy(bus.raw(), names::systemd, names::systemd_path)} {
        for (const model::SeatName& seat : seats) {
            units[seat];
            listen(seat);
        }
    }

    /// To what the service manager says of this seat's unit, and of no other: berthd sleeps else.
    void listen(const model::SeatName& seat) {
        const std::string path = unit_path(unit_of(seat));
        Unit& unit = units.at(seat);
        unit.match =
            owner.hear("interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',path='" + path + "'",
                       [this, seat](sdbus::Message& message) { unit_changed(seat, message); });
        unit.proxy = compat::make_proxy(bus.raw(), names::systemd, path);
    }

    /// To the ends of the service manager's jobs, for as long as one of ours runs: there are many others. (A match on
    /// the unit's name, arg2, is one that sd-bus cannot follow past the number that comes first.)
    void hear_of_jobs() {
        if (!jobs) {
            jobs = owner.hear(std::string{"interface='"} + names::systemd_manager + "',member='JobRemoved'",
                              [this](sdbus::Message& message) { job_removed(message); });
        }
        ++running;
    }

    /// A match cannot go from inside its own call.
    void job_is_over() {
        --running;
        bus.post([weak = weak_from_this()] {
            if (const auto self = weak.lock(); self && self->running == 0) {
                self->jobs.reset();
            }
        });
    }

    /// The service manager sends signals to those who subscribed only, and forgets them when it is executed anew.
    void subscribe() {
        manager->callMethodAsync("Subscribe")
            .onInterface(names::systemd_manager)
            .uponReplyInvoke([](compat::CallError) {});
    }

    void call(const char* method, const model::SeatName& seat, const std::shared_ptr<Opening>& opening,
              const Done<void>& done) {
        Unit& unit = units[seat];
        unit.taken = false;
        if (opening) {
            unit.opening = opening;
        }
        try {
            if (!unit.proxy) {
                listen(seat);
            }
            hear_of_jobs();
            subscribe();
            send(method, Waiting{seat, ++unit.last_call, opening, done});
        } catch (const sdbus::Error& error) { // the bus is gone
            bus.post([done, failure = refusal(seat, error)] { done(failure); });
        }
        bus.rearm();
    }

    void send(const char* method, Waiting who) {
        const std::string unit = unit_of(who.seat);
        manager->callMethodAsync(method)
            .onInterface(names::systemd_manager)
            .withArguments(unit, std::string{"replace"})
            .uponReplyInvoke([this, who = std::move(who)](compat::CallError error, const sdbus::ObjectPath& job) {
                guarded_callback("the service manager's answer", [&] {
                    if (!error) {
                        waiting.emplace(job, who);
                        if (who.opening) {
                            who.done({});
                        }
                        return;
                    }
                    job_is_over();
                    if (!who.opening && means_absent(std::string{error->getName()})) {
                        who.done({}); // no unit, or nobody who could have one
                    } else {
                        who.done(refusal(who.seat, *error));
                    }
                });
            });
    }

    /// Listens first and asks then, so that no end falls between.
    void adopt(const model::SeatName& seat, const Done<void>& done) {
        Unit& unit = units[seat];
        try {
            if (!unit.proxy) {
                listen(seat);
            }
            unit.taken = true;
            ++unit.last_call;
            subscribe();
            ask<std::string>(seat, names::systemd_unit, "ActiveState", [this, seat, done](const auto& state) {
                if (!state) {
                    units[seat].taken = false;
                    done(Error{ErrorCode::failed,
                               "the service manager does not say whether " + unit_of(seat) + " runs"});
                    return;
                }
                done({});
                note_state(seat, *state);
            });
        } catch (const sdbus::Error& error) { // the bus is gone
            bus.post([done, failure = refusal(seat, error)] { done(failure); });
        }
        bus.rearm();
    }

    void await(const model::SeatName& seat, Done<void> done) {
        const std::shared_ptr<Opening> opening = units[seat].opening;
        if (opening && !opening->end) {
            opening->waiters.push_back(std::move(done));
            return;
        }
        const Result<void> end = opening ? *opening->end : Error{ErrorCode::failed, "no session was asked for"};
        bus.post([done = std::move(done), end] { done(end); });
    }

    static Error refusal(const model::SeatName& seat, const sdbus::Error& error) {
        return Error{ErrorCode::failed,
                     "the service manager cannot start or stop " + unit_of(seat) + ": " + error.getMessage()};
    }

    void job_removed(sdbus::Message& message) {
        std::uint32_t number = 0;
        sdbus::ObjectPath job;
        std::string unit;
        std::string result;
        message >> number >> job >> unit >> result;
        // Two calls may have got one job: the service manager merges those that want the same.
        while (const auto ended = waiting.extract(std::string{job})) {
            job_is_over();
            job_ended(ended.mapped(), result);
        }
    }

    void job_ended(const Waiting& who, const std::string& result) {
        if (!who.opening) {
            who.done({});
        } else if (result == "done") {
            Unit& unit = units[who.seat];
            unit.taken = unit.last_call == who.number; // else it was released since
            who.opening->ends({});
        } else {
            ask_why(who.seat, [opening = who.opening, result](const std::optional<Exit>& exit) {
                opening->ends(Error{ErrorCode::failed, start_failure(exit, result)});
            });
        }
    }

    void unit_changed(const model::SeatName& seat, sdbus::Message& message) {
        std::string interface;
        Properties changed;
        message >> interface >> changed;
        const auto state = changed.find("ActiveState");
        if (state == changed.end() || !state->second.containsValueOfType<std::string>()) {
            return;
        }
        note_state(seat, state->second.get<std::string>());
    }

    void note_state(const model::SeatName& seat, const std::string& word) {
        if ((word == "failed" || word == "inactive") && std::exchange(units[seat].taken, false)) {
            ask_why(seat, [this, seat, call = units[seat].last_call](const std::optional<Exit>& exit) {
                if (units[seat].last_call == call) { // else it was released since
                    lost(seat, exit ? meaning_of(*exit) : "The session on the seat ended");
                }
            });
        }
    }

    /// Calls `told` with how the unit's program ended; without when it cannot be known, or it never ran.
    void ask_why(const model::SeatName& seat, Told told) {
        const char* const service = names::systemd_service;
        ask<std::int32_t>(seat, service, "ExecMainCode", [this, seat, service, told = std::move(told)](auto code) {
            if (!code || *code == 0) {
                told(std::nullopt);
                return;
            }
            ask<std::int32_t>(seat, service, "ExecMainStatus", [told, code](auto status) {
                told(status ? std::optional{Exit{*code, *status}} : std::nullopt);
            });
        });
    }

    /// Reads one property of a seat's unit; nothing when it cannot be read.
    template <typename Value>
    void ask(const model::SeatName& seat, const char* interface, const char* property,
             std::function<void(const std::optional<Value>&)> told) {
        units[seat]
            .proxy->callMethodAsync("Get")
            .onInterface("org.freedesktop.DBus.Properties")
            .withArguments(std::string{interface}, std::string{property})
            .uponReplyInvoke([told = std::move(told)](compat::CallError error, const sdbus::Variant& value) {
                guarded_callback("a property of the session's unit", [&] {
                    const bool known = !error && value.containsValueOfType<Value>();
                    told(known ? std::optional<Value>{value.get<Value>()} : std::nullopt);
                });
            });
        bus.rearm();
    }

    BusConnection& bus;
    Lost lost;
    std::unique_ptr<sdbus::IProxy> manager;
    /// One that was executed anew is another name on the bus, which has nobody subscribed.
    NameOwner owner{bus, names::systemd, {nullptr, [this] {
                                              subscribe();
                                              bus.rearm();
                                          }}};
    std::map<model::SeatName, Unit> units;
    std::optional<sdbus::Slot> jobs; ///< while jobs of ours run
    std::size_t running{0};
    std::multimap<std::string, Waiting> waiting; ///< by the job's path
};

SeatSessions::SeatSessions(BusConnection& connection, const std::vector<model::SeatName>& seats, Lost lost)
    : state_{std::make_shared<State>(connection, seats, std::move(lost))} {}

SeatSessions::~SeatSessions() = default;

void SeatSessions::ask(const model::SeatName& seat, Done<void> done) {
    // Restart: one that an earlier berthd left has another VT or user in its seat.env.
    state_->call("RestartUnit", seat, std::make_shared<State::Opening>(), done);
}

void SeatSessions::await(const model::SeatName& seat, Done<void> done) {
    state_->await(seat, std::move(done));
}

void SeatSessions::adopt(const model::SeatName& seat, Done<void> done) {
    state_->adopt(seat, done);
}

void SeatSessions::release(const model::SeatName& seat, Done<void> done) {
    state_->call("StopUnit", seat, nullptr, done);
}

std::string SeatSessions::unit_of(const model::SeatName& seat) {
    constexpr std::string_view allowed{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_.-"};
    constexpr std::string_view digits{"0123456789abcdef"};
    std::string name;
    for (const char character : seat.value) {
        if (allowed.find(character) != std::string_view::npos) {
            name += character;
            continue;
        }
        const auto byte = static_cast<unsigned char>(character);
        name.append("\\x").append(1, digits[byte >> 4U]).append(1, digits[byte & 0x0FU]);
    }
    return "berth-seat@" + name + ".service";
}

std::string SeatSessions::sentence_of(int exit_status) {
    switch (exit_status) {
    case 0:
        return "The session on the seat was closed: its unit was stopped";
    case 10:
        return "PAM refused the session on the seat (service 'berth'): the user is unknown, locked or expired, or a "
               "module said no";
    case 11:
        return "logind opened no session on the seat, or another than was asked for";
    case 12:
        return "logind ended the session on the seat";
    case 13:
        return "logind was restarted: control over the seat's devices is gone";
    case 14:
        return "The bridge to logind lost the host's bus";
    case 15:
        return "The desktop's compositor did not answer any more: it was stopped, or hangs";
    default:
        return "berth-seat failed (exit status " + std::to_string(exit_status) + ")";
    }
}

} // namespace berth::bus
