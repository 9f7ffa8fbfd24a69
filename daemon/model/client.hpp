#pragma once

#include "model/app_profile.hpp"
#include "model/foreign_mount.hpp"
#include "model/ids.hpp"
#include "model/seat.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace berth::model {

/// A client container's state, as the property `State` shows it.
enum class ClientState {
    preparing, ///< its door and container are being made
    starting,  ///< the container is being started
    running,   ///< its command runs
    frozen,    ///< every process in it is paused
    ending,    ///< its command is being ended, or has ended and traces are removed
    exited,    ///< its command has ended; the container is kept and can be run again
};

/// What a client was asked for.
struct ClientPlan {
    AppProfile app;                   ///< with what the caller asked for besides
    std::vector<std::string> command; ///< argv; empty: the image's own
    bool streamed{false};             ///< the caller's standard streams are carried; else it is detached
    bool terminal{false};             ///< its command has a terminal
    CallToken caller;                 ///< whose streams
    std::string wishes{};             ///< what its image's labels ask for, "display sound", and nobody gave
    std::string foreign{};            ///< the container that it is, which berth neither made nor ends; empty: berth's
    bool image_seen{false};           ///< the engine has its image: its labels have just been read

    bool operator==(const ClientPlan&) const = default;
};

/// What one grant put into a client's door, so that just that can be taken out again.
struct GrantParts {
    std::vector<std::string> items;                 ///< names below the door
    std::map<std::string, std::string> environment; ///< what its command is told
    std::vector<std::string> nodes;                 ///< device nodes that it may open
    std::vector<std::uint16_t> ports{};             ///< of its loopback, behind which its desktop is

    bool operator==(const GrantParts&) const = default;
};

/// The host side of a client: where its door is, and what each of its grants made there.
struct ClientDoor {
    std::string door;                        ///< host side of /run/berth
    std::map<std::string, GrantParts> parts; ///< by the grant's text

    bool operator==(const ClientDoor&) const = default;
};

/// The environment of all that is granted.
inline std::map<std::string, std::string> environment_of(const ClientDoor& door) {
    std::map<std::string, std::string> all;
    for (const auto& [grant, parts] : door.parts) {
        all.insert(parts.environment.begin(), parts.environment.end());
    }
    return all;
}

/// When a lease ends by itself: at the first of the two that comes.
struct LeaseEnd {
    Microseconds at{0}; ///< CLOCK_BOOTTIME; 0: no time limit
    std::string with{}; ///< the connection (Caller::bus_name) with which it ends; empty: none
    bool is_due{false}; ///< its end has come; it is taken when no other step is in flight

    bool operator==(const LeaseEnd&) const = default;
};

/// All that berthd knows of one client container.
struct Client {
    ClientId id;
    SeatName seat;
    ClientState state{ClientState::preparing};
    Microseconds since{0}; ///< when `state` was entered
    Step step{Step::none};
    StepSerial serial;
    std::optional<JobId> job;  ///< the call that started it; a streamed client's lasts until its command has ended
    std::optional<JobId> work; ///< a call that ends, freezes or saves it
    ClientPlan plan;
    std::vector<Grant> grants;            ///< its leases: what it has, in the order in which it got it
    std::map<std::string, LeaseEnd> ends; ///< of its leases, by the grant's text; those without one last
    std::vector<Grant> pending;           ///< what the step `give` or `take` is about
    std::optional<CallToken> asks;        ///< the call that waits for `give` or `take`
    std::vector<CallToken> queue;         ///< calls that wait for their turn
    std::optional<ClientDoor> door;
    std::string container;                 ///< full id; empty: none
    std::vector<std::string> devices;      ///< that it was made with
    std::vector<std::string> device_rules; ///< … and rules for others
    std::vector<ForeignMount> mounts;      ///< of its door, in a foreign container
    std::int32_t init_pid{0};              ///< 0: it does not run
    bool may_run{false};                   ///< the container was started and is not known to be dead
    bool has_run{false};                   ///< … and was alive: there is an exit code to be had
    bool was_kept{false};                  ///< it was kept once it had ended: what fails now does not remove it
    bool paused{false};                    ///< its processes are paused
    bool streams_open{false};              ///< the caller's streams are being carried
    bool refresh{false};                   ///< its desktop is another one: what it was granted of it must be given anew
    bool now{false};                       ///< the tear-down does not ask, it kills
    bool leave_after_step{false};          ///< the tear-down begins when the step in flight ends
    std::uint32_t stop_ms{10'000};
    std::optional<std::int32_t> exit_code; ///< of its command, once that has ended
    std::optional<Failure> failure;        ///< why it is being undone, or did not end well

    bool operator==(const Client&) const = default;
};

/// Its container is another's, who makes, stops and removes it.
inline bool is_foreign(const Client& client) noexcept {
    return !client.plan.foreign.empty();
}

/// "berth-client-NAME"
inline std::string container_name(const ClientId& client) {
    return "berth-client-" + client.value;
}

} // namespace berth::model
