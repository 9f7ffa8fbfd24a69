#pragma once

#include "login1/own_session.hpp"

#include <functional>
#include <string>
#include <vector>

namespace berth::login1 {

/// A call put together from parts that occur and parts that nearly do. `choose(n)` gives a number below n.
inline Call made_call(const std::function<std::size_t(std::size_t)>& choose) {
    static const std::vector<std::string> paths{own_session().path,
                                                own_session().seat_path,
                                                own_session().user_path,
                                                std::string{names::manager_path},
                                                foreign_session,
                                                foreign_seat,
                                                foreign_user,
                                                "/org/freedesktop/login1/session/auto",
                                                "/org/freedesktop/login1/session/self",
                                                "/org/freedesktop/login1/seat/self",
                                                "/org/freedesktop/login1/user/self",
                                                "/org/freedesktop/login1/session",
                                                "/",
                                                "/org/freedesktop/systemd1"};
    static const std::vector<std::string> texts{"",
                                                "3",
                                                "9",
                                                "auto",
                                                "self",
                                                "seat0",
                                                "seat9",
                                                "1000",
                                                "0",
                                                "true",
                                                "false",
                                                "Sessions",
                                                "ActiveSession",
                                                "NCurrentSessions",
                                                "Id",
                                                std::string{names::session},
                                                std::string{names::seat},
                                                std::string{names::manager},
                                                std::string{names::user}};
    static const std::vector<std::string> senders{":1.5", ":1.9", ""};
    static const std::vector<std::string> others{
        "Terminate",    "KillSession", "SetUserLinger",   "CreateSession", "Set",
        "AttachDevice", "SetTTY",      "ActivateSession", "Sleep",         ""};
    const auto rows = allowed_calls();
    const Row& row = rows[choose(rows.size())];
    Call call = call_for(row);
    const auto differs = [&] { return choose(4) == 0; };
    call.path = paths[choose(paths.size())];
    call.sender = senders[choose(senders.size())];
    if (differs()) {
        call.member = choose(2) == 0 ? others[choose(others.size())] : std::string{rows[choose(rows.size())].member};
    }
    if (differs()) {
        call.interface = choose(2) == 0 ? "" : std::string{rows[choose(rows.size())].interface};
    }
    if (differs()) {
        call.signature = choose(2) == 0 ? "h" : std::string{rows[choose(rows.size())].signature};
    }
    for (std::string& argument : call.arguments) {
        argument = differs() ? texts[choose(texts.size())] : argument;
    }
    return call;
}

/// What must hold of every verdict; empty: it does.
inline std::string wrong_with(const Call& call, const Session& session, const Options& options) {
    const Verdict verdict = decide(call, session, options);
    if (verdict != decide(call, session, options)) {
        return "the same call has two verdicts";
    }
    if (const auto* deny = std::get_if<Deny>(&verdict)) {
        return deny->error.find('.') == std::string::npos || deny->sentence.empty() ? "a refusal without words" : "";
    }
    const auto* forward = std::get_if<Forward>(&verdict);
    if (forward == nullptr) {
        return "";
    }
    const bool own = forward->path == names::manager_path || forward->path == session.path ||
                     forward->path == session.seat_path || forward->path == session.user_path;
    if (!own) {
        return "forwarded to a foreign object";
    }
    Target target = Target::user;
    target = forward->path == names::manager_path ? Target::manager : target;
    target = forward->path == session.path ? Target::session : target;
    target = forward->path == session.seat_path ? Target::seat : target;
    const Row* row = find_row(target, call.interface, call.member);
    if (row == nullptr || row->signature != call.signature) {
        return "forwarded though it is in no row";
    }
    if (row->way == Way::power && !options.allow_power) {
        return "power without permission";
    }
    const bool controllers = row->way == Way::controller || row->way == Way::release_control;
    if (controllers && (call.sender.empty() || call.sender != session.controller)) {
        return "forwarded for somebody else than the controller";
    }
    if (forward->control == Control::take && !session.controller.empty() && session.controller != call.sender) {
        return "two controllers";
    }
    return "";
}

} // namespace berth::login1
