#pragma once

#include "login1/values.hpp"

#include <string>
#include <variant>

namespace berth::login1 {

/// Which part of the host's reply the container gets.
enum class Shape {
    plain,         ///< all of it, descriptors included
    property,      ///< Properties.Get: the value, as `treatment` wants it
    properties,    ///< Properties.GetAll: what `treatment` shows
    inhibitors,    ///< ListInhibitors: those that this bridge holds (Session::leader)
    introspection, ///< Introspect: without child nodes
};

/// What a forwarded call does to the control of the session.
enum class Control {
    none,
    take,    ///< the caller has control unless the host refuses
    release, ///< nobody has control any more
};

/// To the host's logind, the arguments as they are.
struct Forward {
    std::string path; ///< the real object: aliases such as session/auto are rewritten
    Shape shape{Shape::plain};
    Control control{Control::none};
    std::string interface {}; ///< whose properties are read; empty: none
    std::string property{};   ///< which one; empty: all

    bool operator==(const Forward&) const = default;
};

/// Answered by the bridge itself, from what it knows of the session.
enum class Answer {
    nothing,      ///< an empty reply
    session_path, ///< o
    user_path,    ///< o
    seat_path,    ///< o
    sessions,     ///< a(susso): id, uid, user, seat, path
    users,        ///< a(uso): uid, name, path
    seats,        ///< a(so): id, path
    no,           ///< s: "no", as Can* say it
};

/// Refused with a D-Bus error.
struct Deny {
    std::string error;    ///< its name
    std::string sentence; ///< one sentence for a person

    bool operator==(const Deny&) const = default;
};

using Verdict = std::variant<Forward, Answer, Deny>;

/// What is done with one call from the container. Pure: the same values give the same verdict. A Forward always goes to
/// the manager or to an object of `session`, and is in the table of table.cpp.
Verdict decide(const Call& call, const Session& session, const Options& options);

} // namespace berth::login1
