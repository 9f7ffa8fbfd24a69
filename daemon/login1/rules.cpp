#include "login1/rules.hpp"

#include "login1/properties.hpp"
#include "login1/table.hpp"

#include <optional>

namespace berth::login1 {
namespace {

constexpr const char* access_denied = "org.freedesktop.DBus.Error.AccessDenied";
constexpr const char* invalid_args = "org.freedesktop.DBus.Error.InvalidArgs";
constexpr const char* unknown_interface = "org.freedesktop.DBus.Error.UnknownInterface";
constexpr const char* unknown_object = "org.freedesktop.DBus.Error.UnknownObject";
constexpr const char* unknown_property = "org.freedesktop.DBus.Error.UnknownProperty";

/// One of the four objects that the container sees.
struct Object {
    Target target;
    std::string path; ///< the real one
    std::string_view interface;
};

std::optional<Object> object_at(std::string_view path, const Session& session) {
    if (path == names::manager_path) {
        return Object{Target::manager, std::string{path}, names::manager};
    }
    if (path == session.path || path == "/org/freedesktop/login1/session/auto" ||
        path == "/org/freedesktop/login1/session/self") {
        return Object{Target::session, session.path, names::session};
    }
    if (path == session.seat_path || path == "/org/freedesktop/login1/seat/auto" ||
        path == "/org/freedesktop/login1/seat/self") {
        return Object{Target::seat, session.seat_path, names::seat};
    }
    if (path == session.user_path || path == "/org/freedesktop/login1/user/self") {
        return Object{Target::user, session.user_path, names::user};
    }
    return std::nullopt;
}

Deny deny(std::string_view sentence) {
    return Deny{access_denied, "berth: " + std::string{sentence}};
}

std::string argument(const Call& call, std::size_t index) {
    return index < call.arguments.size() ? call.arguments[index] : std::string{};
}

/// logind takes "", "self" and "auto" for the caller's own (org.freedesktop.login1(5), GetSession(), GetSeat()).
bool names_own(const std::string& name, const std::string& own) {
    return name == own || name.empty() || name == "self" || name == "auto";
}

/// The same words whether there is such an object on the host or not.
Verdict answer_if(bool own, Answer answer, const char* error, const std::string& what) {
    if (own) {
        return answer;
    }
    return Deny{std::string{names::service} + "." + error, "berth: a contained desktop sees no " + what};
}

Verdict control_verdict(const Call& call, const Object& object, const Session& session) {
    if (argument(call, 0) != "false") {
        return deny("control of the session is not taken by force");
    }
    // To the host all programs of the container are one connection, so who has control is kept here.
    if (!session.controller.empty() && session.controller != call.sender) {
        return Deny{"System.Error.EBUSY", "berth: " + session.controller + " has control of the session"};
    }
    if (call.sender.empty()) {
        return deny("only a program with a name on the bus takes control");
    }
    return Forward{.path = object.path, .control = Control::take};
}

Verdict controller_verdict(const Call& call, const Object& object, const Session& session, Control control) {
    if (session.controller.empty() || call.sender != session.controller) {
        return deny("only the program that took control of the session may do that");
    }
    return Forward{.path = object.path, .control = control};
}

/// Inhibit(what, who, why, mode): `what` is a list with colons. A delay is short and logind's to bound.
Verdict inhibit_verdict(const Call& call, const Object& object, const Options& options) {
    const std::string what = ":" + argument(call, 0) + ":";
    const bool of_power = what.find(":shutdown:") != std::string::npos || what.find(":sleep:") != std::string::npos;
    if (of_power && argument(call, 3) != "delay" && !options.allow_power) {
        return deny("the desktop in the container may delay the host's sleep and shutdown, not forbid it");
    }
    return Forward{.path = object.path};
}

Verdict property_verdict(const Call& call, const Object& object) {
    if (argument(call, 0) != object.interface) {
        return Deny{unknown_interface, "berth: this object shows the properties of " + std::string{object.interface}};
    }
    if (treatment(object.interface, argument(call, 1)) == Treatment::hide) {
        return Deny{unknown_property, "berth: a contained desktop sees no property of that name"};
    }
    return Forward{.path = object.path,
                   .shape = Shape::property,
                   .interface = std::string{object.interface},
                   .property = argument(call, 1)};
}

Verdict all_properties_verdict(const Call& call, const Object& object) {
    if (argument(call, 0) != object.interface) {
        return Deny{unknown_interface, "berth: this object shows the properties of " + std::string{object.interface}};
    }
    return Forward{.path = object.path, .shape = Shape::properties, .interface = std::string{object.interface}};
}

Verdict verdict_of(const Row& row, const Call& call, const Object& object, const Session& session,
                   const Options& options) {
    switch (row.way) {
    case Way::forward:
        return Forward{.path = object.path};
    case Way::controller:
        return controller_verdict(call, object, session, Control::none);
    case Way::release_control:
        return controller_verdict(call, object, session, Control::release);
    case Way::take_control:
        return control_verdict(call, object, session);
    case Way::inhibit:
        return inhibit_verdict(call, object, options);
    case Way::power:
        return options.allow_power ? Verdict{Forward{.path = object.path}}
                                   : Verdict{deny(refusal_sentence(call.interface, call.member))};
    case Way::can_power:
        return options.allow_power ? Verdict{Forward{.path = object.path}} : Verdict{Answer::no};
    case Way::session_by_id:
        return answer_if(names_own(argument(call, 0), session.id), Answer::session_path, "NoSuchSession",
                         "session but its own");
    case Way::session_by_pid:
        return Answer::session_path;
    case Way::user_by_id:
        return answer_if(argument(call, 0) == std::to_string(session.uid), Answer::user_path, "NoSuchUser",
                         "user but its own");
    case Way::user_by_pid:
        return Answer::user_path;
    case Way::seat_by_id:
        return answer_if(names_own(argument(call, 0), session.seat), Answer::seat_path, "NoSuchSeat",
                         "seat but its own");
    case Way::sessions:
        return Answer::sessions;
    case Way::users:
        return Answer::users;
    case Way::seats:
        return Answer::seats;
    case Way::inhibitors:
        return Forward{.path = object.path, .shape = Shape::inhibitors};
    case Way::property:
        return property_verdict(call, object);
    case Way::all_properties:
        return all_properties_verdict(call, object);
    case Way::introspection:
        return Forward{.path = object.path, .shape = Shape::introspection};
    case Way::ping:
        return Answer::nothing;
    }
    return deny("no rule");
}

} // namespace

Verdict decide(const Call& call, const Session& session, const Options& options) {
    const auto object = object_at(call.path, session);
    if (!object) {
        return Deny{unknown_object, "berth: a contained desktop sees its own session, seat and user only"};
    }
    const Row* const row = find_row(object->target, call.interface, call.member);
    if (row == nullptr) {
        return deny(refusal_sentence(call.interface, call.member));
    }
    if (call.signature != row->signature) {
        return Deny{invalid_args, "berth: " + std::string{row->member} + " takes arguments of the types '" +
                                      std::string{row->signature} + "'"};
    }
    return verdict_of(*row, call, *object, session, options);
}

} // namespace berth::login1
