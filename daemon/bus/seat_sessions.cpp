#include "bus/seat_sessions.hpp"

#include "bus/guard.hpp"
#include "bus/names.hpp"
#include "bus/sdbus_compat.hpp"

#include <systemd/sd-bus.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

namespace berth::bus {

namespace {

using Properties = std::map<std::string, sdbus::Variant>;

std::string unit_path(const std::string& unit) {
    char* path = nullptr;
    if (sd_bus_path_encode(names::systemd_unit_path, unit.c_str(), &path) < 0) {
        return std::string{names::systemd_unit_path};
    }
    const std::unique_ptr<char, decltype(&std::free)> owned{path, std::free};
    return std::string{owned.get()};
}

/// The errors by which there is no unit, or nobody who could have one.
bool means_nothing_there(const std::string& error) {
    return error == "org.freedesktop.systemd1.NoSuchUnit" || error == "org.freedesktop.DBus.Error.ServiceUnknown" ||
           error == "org.freedesktop.DBus.Error.NameHasNoOwner";
}

} // namespace

struct SeatSessions::State : std::enable_shared_from_this<SeatSessions::State> {
    /// A job of the service manager that somebody waits for.
    struct Waiting {
        model::SeatName seat;
        bool takes{false};
        Done<void> done;
    };

    State(BusConnection& connection, const std::vector<model::SeatName>& seats, Lost on_lost)
        : bus{connection}, lost{std::move(on_lost)},
          manager{compat::make_proxy(bus.raw(), names::systemd, names::systemd_path)} {
        for (const model::SeatName& seat : seats) {
            listen(seat);
        }
    }

    /// To what the service manager says of this seat's unit, and of no other: berthd sleeps else.
    void listen(const model::SeatName& seat) {
        matches.push_back(
            compat::add_match(bus.raw(),
                              std::string{"type='signal',sender='"} + names::systemd +
                                  "',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',path='" +
                                  unit_path(unit_of(seat)) + "'",
                              [this, seat](sdbus::Message& message) {
                                  guarded_callback("PropertiesChanged", [&] { unit_changed(seat, message); });
                              }));
    }

    /// To the ends of the service manager's jobs, for as long as one of ours runs: there are many others. (A match on
    /// the unit's name, arg2, is one that sd-bus cannot follow past the number that comes first.)
    void hear_of_jobs() {
        if (!removed) {
            removed = compat::add_match(
                bus.raw(),
                std::string{"type='signal',sender='"} + names::systemd + "',interface='" + names::systemd_manager +
                    "',member='JobRemoved'",
                [this](sdbus::Message& message) { guarded_callback("JobRemoved", [&] { job_removed(message); }); });
            // The service manager sends signals when somebody subscribed, and forgets it when it is executed anew.
            manager->callMethodAsync("Subscribe")
                .onInterface(names::systemd_manager)
                .uponReplyInvoke([](compat::CallError) {});
        }
        ++running;
    }

    /// A match cannot go from inside its own call.
    void job_is_over() {
        --running;
        bus.post([weak = weak_from_this()] {
            if (const auto self = weak.lock(); self && self->running == 0) {
                self->removed.reset();
            }
        });
    }

    void call(const char* method, const model::SeatName& seat, bool takes, Done<void> done) {
        hear_of_jobs();
        const std::string unit = unit_of(seat);
        manager->callMethodAsync(method)
            .onInterface(names::systemd_manager)
            .withArguments(unit, std::string{"replace"})
            .uponReplyInvoke(
                [this, seat, takes, done = std::move(done)](compat::CallError error, const sdbus::ObjectPath& job) {
                    guarded_callback("the service manager's answer", [&] {
                        if (!error) {
                            waiting[std::string{job}] = Waiting{seat, takes, done};
                        } else if (!takes && means_nothing_there(std::string{error->getName()})) {
                            done({});
                        } else {
                            done(Error{ErrorCode::failed, "the service manager cannot start or stop " + unit_of(seat) +
                                                              ": " + error->getMessage()});
                        }
                    });
                });
        bus.rearm();
    }

    void job_removed(sdbus::Message& message) {
        std::uint32_t number = 0;
        sdbus::ObjectPath job;
        std::string unit;
        std::string result;
        message >> number >> job >> unit >> result;
        const auto found = waiting.find(std::string{job});
        if (found == waiting.end()) {
            return;
        }
        const Waiting ended = std::move(found->second);
        waiting.erase(found);
        job_is_over();
        if (!ended.takes || result == "done") {
            if (ended.takes) {
                taken.insert(ended.seat);
            }
            ended.done({});
            return;
        }
        ask_why(ended.seat, [done = ended.done, result](const std::string& reason) {
            done(Error{ErrorCode::failed, reason.empty() ? "the session's unit ended with: " + result : reason});
        });
    }

    void unit_changed(const model::SeatName& seat, sdbus::Message& message) {
        std::string interface;
        Properties changed;
        message >> interface >> changed;
        const auto state = changed.find("ActiveState");
        if (state == changed.end() || !state->second.containsValueOfType<std::string>()) {
            return;
        }
        const auto word = state->second.get<std::string>();
        if ((word == "failed" || word == "inactive") && taken.erase(seat) == 1) {
            ask_why(seat, [this, seat](const std::string& reason) {
                lost(seat, reason.empty() ? "The session on the seat ended" : reason);
            });
        }
    }

    /// Calls `told` with the meaning of the unit's exit status; empty when it cannot be known.
    void ask_why(const model::SeatName& seat, std::function<void(const std::string&)> told) {
        const auto unit =
            std::shared_ptr<sdbus::IProxy>{compat::make_proxy(bus.raw(), names::systemd, unit_path(unit_of(seat)))};
        unit->callMethodAsync("Get")
            .onInterface("org.freedesktop.DBus.Properties")
            .withArguments(std::string{names::systemd_service}, std::string{"ExecMainStatus"})
            .uponReplyInvoke(
                [this, unit, seat, told = std::move(told)](compat::CallError error, const sdbus::Variant& value) {
                    guarded_callback("the unit's exit status", [&] {
                        const bool known = !error && value.containsValueOfType<std::int32_t>();
                        const std::string reason = known ? sentence_of(value.get<std::int32_t>()) : std::string{};
                        // A proxy must not go from inside its own reply.
                        bus.post([unit] {});
                        told(reason);
                    });
                });
        bus.rearm();
    }

    BusConnection& bus;
    Lost lost;
    std::unique_ptr<sdbus::IProxy> manager;
    std::vector<sdbus::Slot> matches;
    std::optional<sdbus::Slot> removed; ///< while jobs of ours run
    std::size_t running{0};
    std::map<std::string, Waiting> waiting; ///< by the job's path
    std::set<model::SeatName> taken;        ///< whose unit must not end by itself
};

SeatSessions::SeatSessions(BusConnection& connection, const std::vector<model::SeatName>& seats, Lost lost)
    : state_{std::make_shared<State>(connection, seats, std::move(lost))} {}

SeatSessions::~SeatSessions() = default;

void SeatSessions::take(const model::SeatName& seat, Done<void> done) {
    state_->taken.erase(seat);
    // Restart: one that an earlier berthd left has another VT or user in its seat.env.
    state_->call("RestartUnit", seat, true, std::move(done));
}

void SeatSessions::release(const model::SeatName& seat, Done<void> done) {
    state_->taken.erase(seat);
    state_->call("StopUnit", seat, false, std::move(done));
}

std::string SeatSessions::unit_of(const model::SeatName& seat) {
    return "berth-seat@" + seat.value + ".service";
}

std::string SeatSessions::sentence_of(int exit_status) {
    switch (exit_status) {
    case 0:
        return "The session on the seat was closed: its unit was stopped";
    case 10:
        return "PAM refused the session on the seat (service 'berth'): the user is unknown, locked or expired, or a "
               "module said no";
    case 11:
        return "logind opened no session on the seat's VT";
    case 12:
        return "logind ended the session on the seat";
    case 13:
        return "logind was restarted: control over the seat's devices is gone";
    case 14:
        return "The bridge to logind lost the host's bus";
    default:
        return "berth-seat failed (exit status " + std::to_string(exit_status) + ")";
    }
}

} // namespace berth::bus
