#pragma once

#include "base/result.hpp"
#include "model/bus_filter.hpp"
#include "model/client.hpp"
#include "model/door_item.hpp"
#include "model/loopback_port.hpp"
#include "model/seat_shares.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

/// What each kind of grant is made of: one file a kind, pure. What an offer says is done by the effects, at creation
/// and live in the same words, since nearly everything is shown in the door; what only a new container can have stands
/// in `Creation`.
namespace berth::grants {

inline constexpr const char* door_path = "/run/berth"; ///< where a container sees its door

/// What grants are made from: the seat as the World has it, and what the host knows besides.
struct Surroundings {
    model::Seat seat;
    model::SeatShares shares;
    model::CookieFile cookie{}; ///< the client's own for sound over TCP; no bytes: none
};

/// A folder of the door that is bound to a path of the container's own when it is made, so that what is shown in it
/// later is where programs look for it.
struct Binding {
    std::string folder; ///< below the door
    std::string target; ///< absolute, in the container

    bool operator==(const Binding&) const = default;
};

/// A host path bound into a container when it is made.
struct Bind {
    std::string source;
    std::string target;
    bool writable{false};

    bool operator==(const Bind&) const = default;
};

/// What a container must be made with.
struct Creation {
    std::string ipc_of; ///< a container whose IPC namespace it joins
    std::vector<Bind> binds;
    std::map<std::string, std::string> volumes; ///< engine's volume → path in the container
    std::vector<std::string> devices;           ///< nodes at their own paths
    std::map<std::string, std::string> links;   ///< symbolic links in the container → their targets
    bool host{false};                           ///< the host's namespaces, privileged, and its files in /host

    bool operator==(const Creation&) const = default;
};

/// Below the door: where a client's filtered session bus listens.
inline constexpr const char* bus_socket = "session/bus";

/// Below the door: udev's run-time folder as the client sees it, with the records of what it was granted, and a file
/// without which libudev takes udev for not there and listens to nothing (systemd, src/libsystemd/sd-device/
/// device-monitor.c). That one is there from the start: a program asks once.
inline constexpr const char* udev_records = "udev/data";
inline constexpr const char* udev_control = "udev/control";

/// One grant, as something to do.
struct Offer {
    std::vector<model::DoorItem> items;
    std::map<std::string, std::string> environment;
    std::vector<std::string> nodes; ///< device nodes that it may open: a device rule each, and their groups
    std::vector<model::LoopbackPort> ports;
    std::optional<model::BusFilter> bus; ///< a filter before the desktop's session bus, which is shown in the door
    Creation creation;

    bool operator==(const Offer&) const = default;
};

/// What `grant` is on this seat. failed: the seat or the host lacks what it takes; the message names the grant.
Result<Offer> offer(const model::Grant& grant, const Surroundings& from);

/// All of them together; the first that cannot be had is the error. What two of them show alike is there once.
Result<Offer> offer_all(const std::vector<model::Grant>& grants, const Surroundings& from);

/// Folders of the door that each client has, and where its container sees them.
const std::vector<Binding>& bindings();

/// The names of a session-bus grant, sorted, each once.
std::vector<std::string> bus_names(const model::Grant& grant);

/// The text of /run/berth/env: NAME='VALUE' lines that a shell can read, sorted.
std::string environment_text(const std::map<std::string, std::string>& environment);

} // namespace berth::grants
