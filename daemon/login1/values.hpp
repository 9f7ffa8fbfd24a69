#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace berth::login1 {

/// Names of logind's D-Bus API, org.freedesktop.login1(5), and of the interfaces that every object has.
namespace names {
inline constexpr std::string_view service{"org.freedesktop.login1"};
inline constexpr std::string_view manager_path{"/org/freedesktop/login1"};
inline constexpr std::string_view manager{"org.freedesktop.login1.Manager"};
inline constexpr std::string_view session{"org.freedesktop.login1.Session"};
inline constexpr std::string_view seat{"org.freedesktop.login1.Seat"};
inline constexpr std::string_view user{"org.freedesktop.login1.User"};
inline constexpr std::string_view properties{"org.freedesktop.DBus.Properties"};
inline constexpr std::string_view introspectable{"org.freedesktop.DBus.Introspectable"};
inline constexpr std::string_view peer{"org.freedesktop.DBus.Peer"};
} // namespace names

/// The one session of the host that a contained desktop sees, as the host's logind describes it.
struct Session {
    std::string path;         ///< object path, e.g. /org/freedesktop/login1/session/_33
    std::string id;           ///< XDG_SESSION_ID, e.g. "3"
    std::string user_path;    ///< object path of the session's user
    std::string user_name;    ///< the host's name of that user
    std::uint32_t uid{0};     ///< of that user, on the host
    std::string seat_path;    ///< object path of the session's seat
    std::string seat;         ///< e.g. "seat0"
    std::uint32_t vt{0};      ///< number of its virtual terminal; 0: the seat has none
    std::uint32_t leader{0};  ///< PID of the session's leader on the host: the bridge itself
    std::string state;        ///< "online", "active" or "closing" (sd_session_get_state(3)); of the moment it was read
    std::string controller{}; ///< unique name, on the container's bus, of who took control; empty: nobody

    bool operator==(const Session&) const = default;
};

/// A method call from the container, as far as the rules look at it.
struct Call {
    std::string path;
    std::string interface; ///< empty where the caller named none
    std::string member;
    std::string signature;              ///< of the arguments
    std::vector<std::string> arguments; ///< the basic ones as text, numbers in decimal, booleans "true" or "false"
    std::string sender;                 ///< unique name on the container's bus

    bool operator==(const Call&) const = default;
};

/// A signal from the host's logind, as far as the rules look at it.
struct Signal {
    std::string path;
    std::string interface;
    std::string member;
    std::vector<std::string> arguments; ///< the basic ones before the first container, as in Call

    bool operator==(const Signal&) const = default;
};

/// What a person may switch on. Everything is off unless said.
struct Options {
    bool allow_power{false}; ///< the desktop may turn the host off, restart it and put it to sleep

    bool operator==(const Options&) const = default;
};

} // namespace berth::login1
