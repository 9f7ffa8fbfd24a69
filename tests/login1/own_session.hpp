#pragma once

#include "login1/rules.hpp"
#include "login1/table.hpp"
#include "login1/values.hpp"

#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace berth::login1 {

/// So that a test that fails names its row.
inline void PrintTo(const Row& row, std::ostream* out) {
    *out << row.member;
}

inline void PrintTo(const RefusedRow& row, std::ostream* out) {
    *out << row.interface << "." << row.member;
}

inline constexpr const char* foreign_session = "/org/freedesktop/login1/session/_39";
inline constexpr const char* foreign_user = "/org/freedesktop/login1/user/_1009";
inline constexpr const char* foreign_seat = "/org/freedesktop/login1/seat/seat9";

/// The session of the tests: number 3 of user desk on seat0, VT 7.
inline Session own_session(std::string controller = {}) {
    Session session;
    session.path = "/org/freedesktop/login1/session/_33";
    session.id = "3";
    session.user_path = "/org/freedesktop/login1/user/_1000";
    session.user_name = "desk";
    session.uid = 1000;
    session.seat_path = "/org/freedesktop/login1/seat/seat0";
    session.seat = "seat0";
    session.vt = 7;
    session.leader = 4242;
    session.state = "active";
    session.controller = std::move(controller);
    return session;
}

inline std::string path_of(Target target) {
    const Session session = own_session();
    switch (target) {
    case Target::manager:
    case Target::any:
        return std::string{names::manager_path};
    case Target::session:
        return session.path;
    case Target::seat:
        return session.seat_path;
    case Target::user:
        return session.user_path;
    }
    return {};
}

inline std::string_view interface_of(Target target) {
    switch (target) {
    case Target::manager:
    case Target::any:
        return names::manager;
    case Target::session:
        return names::session;
    case Target::seat:
        return names::seat;
    case Target::user:
        return names::user;
    }
    return {};
}

/// A call with right arguments for one row of the table, from ":1.5".
inline Call call_for(const Row& row) {
    Call call{.path = path_of(row.target),
              .interface = std::string{row.interface},
              .member = std::string{row.member},
              .signature = std::string{row.signature},
              .arguments = {},
              .sender = ":1.5"};
    for (const char type : row.signature) {
        call.arguments.emplace_back(type == 'b' ? "false" : type == 's' ? "text" : "7");
    }
    switch (row.way) {
    case Way::session_by_id:
        call.arguments = {"3"};
        break;
    case Way::seat_by_id:
        call.arguments = {"seat0"};
        break;
    case Way::user_by_id:
        call.arguments = {"1000"};
        break;
    case Way::property:
        call.arguments = {std::string{interface_of(row.target)}, "IdleHint"};
        break;
    case Way::all_properties:
        call.arguments = {std::string{interface_of(row.target)}};
        break;
    default:
        break;
    }
    return call;
}

/// A call of the session's, e.g. call("TakeDevice", "uu", {"226", "0"}).
inline Call session_call(std::string member, std::string signature, std::vector<std::string> arguments,
                         std::string sender = ":1.5") {
    return Call{.path = own_session().path,
                .interface = std::string{names::session},
                .member = std::move(member),
                .signature = std::move(signature),
                .arguments = std::move(arguments),
                .sender = std::move(sender)};
}

inline Call manager_call(std::string member, std::string signature, std::vector<std::string> arguments) {
    return Call{.path = std::string{names::manager_path},
                .interface = std::string{names::manager},
                .member = std::move(member),
                .signature = std::move(signature),
                .arguments = std::move(arguments),
                .sender = ":1.5"};
}

/// Properties.Get or, with an empty property, GetAll.
inline Call property_call(std::string path, std::string_view interface, std::string property) {
    const bool all = property.empty();
    Call call{.path = std::move(path),
              .interface = std::string{names::properties},
              .member = all ? "GetAll" : "Get",
              .signature = all ? "s" : "ss",
              .arguments = {std::string{interface}},
              .sender = ":1.5"};
    if (!all) {
        call.arguments.push_back(std::move(property));
    }
    return call;
}

} // namespace berth::login1
