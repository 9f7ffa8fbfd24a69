#include "login1/fake_logind.hpp"

#include "bus/message_text.hpp"
#include "bus/waiting.hpp"
#include "login1/own_session.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <map>
#include <unistd.h>
#include <utility>

namespace berth::testing {

using bus::check;

namespace {

const std::string prefix{"/org/freedesktop/login1"};

/// The end of a pipe from which `text` can be read.
UniqueFd readable(const std::string& text) {
    std::array<int, 2> ends{};
    check(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
    const UniqueFd in{ends[1]};
    check(static_cast<int>(::write(in.get(), text.data(), text.size())), "write");
    return UniqueFd{ends[0]};
}

void append_descriptor(sd_bus_message* reply, const std::string& text) {
    const UniqueFd fd = readable(text);
    check(sd_bus_message_append(reply, "h", fd.get()), "appending a descriptor");
}

constexpr const char* introspection =
    "<node>\n <interface name=\"org.freedesktop.login1.Manager\"/>\n <node name=\"session/_39\"/>\n</node>\n";

} // namespace

FakeLogind::FakeLogind(boost::asio::io_context& io, const std::string& address)
    : BusPeer{io, address}, session{login1::own_session()} {
    request_name();
}

void FakeLogind::request_name() {
    BusPeer::call("/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                  [](sd_bus_message* message) { sd_bus_message_append(message, "su", "org.freedesktop.login1", 0); });
}

void FakeLogind::leave() {
    BusPeer::call("/org/freedesktop/DBus", "org.freedesktop.DBus", "ReleaseName",
                  [](sd_bus_message* message) { sd_bus_message_append(message, "s", "org.freedesktop.login1"); });
}

std::size_t FakeLogind::count(const std::string& call) const {
    return static_cast<std::size_t>(std::count(calls.begin(), calls.end(), call));
}

bool FakeLogind::sees(const std::string& call) {
    return run_until(io_, [&] { return count(call) != 0; });
}

void FakeLogind::emit(const std::string& path, const std::string& interface, const std::string& member,
                      const Fill& fill, const std::string& destination) {
    sd_bus_message* made = nullptr;
    check(sd_bus_message_new_signal(raw(), &made, path.c_str(), interface.c_str(), member.c_str()), "making a signal");
    const bus::OwnedMessage message{made};
    if (!destination.empty()) {
        check(sd_bus_message_set_destination(made, destination.c_str()), "addressing a signal");
    }
    if (fill) {
        fill(made);
    }
    check(sd_bus_send(raw(), made, nullptr), "sd_bus_send");
    rearm();
}

bool FakeLogind::take(sd_bus_message* message) {
    if (sd_bus_message_is_method_call(message, nullptr, nullptr) <= 0) {
        return BusPeer::take(message);
    }
    const std::string member = sd_bus_message_get_member(message);
    const std::string path = sd_bus_message_get_path(message);
    calls.push_back(path.substr(std::min(path.size(), prefix.size())) + " " + member + "(" + text_of(message) + ")");
    sd_bus_message_rewind(message, 1);
    if (member == holds) {
        held.emplace_back(sd_bus_message_ref(message));
    } else if (std::find(refuses.begin(), refuses.end(), member) != refuses.end()) {
        sd_bus_reply_method_errorf(message, "org.freedesktop.login1.Refused", "no for a test");
    } else if (!answer(message)) {
        sd_bus_reply_method_errorf(message, SD_BUS_ERROR_UNKNOWN_METHOD, "no such method in the test");
    }
    return true;
}

bool FakeLogind::answer(sd_bus_message* call) {
    sd_bus_message* made = nullptr;
    check(sd_bus_message_new_method_return(call, &made), "making a reply");
    const bus::OwnedMessage reply{made};
    const std::string member = sd_bus_message_get_member(call);
    if (member == "TakeDevice") {
        std::uint32_t major = 0;
        std::uint32_t minor = 0;
        check(sd_bus_message_read(call, "uu", &major, &minor), "reading TakeDevice");
        append_descriptor(made, "device " + std::to_string(major) + ":" + std::to_string(minor));
        check(sd_bus_message_append(made, "b", 0), "appending");
    } else if (member == "Inhibit") {
        append_descriptor(made, "inhibited");
    } else if (member == "GetSession") {
        const char* id = nullptr;
        check(sd_bus_message_read(call, "s", &id), "reading GetSession");
        if (session.id != id) {
            return sd_bus_reply_method_errorf(call, "org.freedesktop.login1.NoSuchSession", "No session '%s' known",
                                              id) >= 0;
        }
        check(sd_bus_message_append(made, "o", session.path.c_str()), "appending");
    } else if (member == "ListInhibitors") {
        check(sd_bus_message_append(made, "a(ssssuu)", 2, "sleep", "NetworkManager", "disconnects", "delay", 0U, 77U,
                                    "handle-lid-switch", "gsd-power", "external monitor", "block", 0U, session.leader),
              "appending");
    } else if (member == "Introspect") {
        check(sd_bus_message_append(made, "s", introspection), "appending");
    } else if (member == "Get" || member == "GetAll") {
        if (!answer_property(call, made)) {
            return false;
        }
    } else if (member.starts_with("Can")) {
        check(sd_bus_message_append(made, "s", "yes"), "appending");
    }
    return sd_bus_send(nullptr, made, nullptr) >= 0;
}

void FakeLogind::append_session(sd_bus_message* reply) const {
    check(sd_bus_message_append(reply, "a{sv}", 9, "Id", "s", session.id.c_str(), "Name", "s",
                                session.user_name.c_str(), "VTNr", "u", session.vt, "Leader", "u", session.leader,
                                "State", "s", session.state.c_str(), "Seat", "(so)", session.seat.c_str(),
                                session.seat_path.c_str(), "User", "(uo)", session.uid, session.user_path.c_str(),
                                "IdleHint", "b", 0, "Type", "s", "wayland"),
          "appending");
}

/// Get and GetAll; of seat and user with the foreign session in every list.
bool FakeLogind::answer_property(sd_bus_message* call, sd_bus_message* reply) {
    const char* interface = nullptr;
    check(sd_bus_message_read(call, "s", &interface), "reading Get");
    const bool all = std::string{sd_bus_message_get_member(call)} == "GetAll";
    const char* name = "";
    if (!all) {
        check(sd_bus_message_read(call, "s", &name), "reading Get");
    }
    const std::string property{name};
    const std::string own = session.path;
    if (interface == login1::names::session) {
        if (all) {
            append_session(reply);
            return true;
        }
        if (property == "Active") {
            return sd_bus_message_append(reply, "v", "b", session.state == "active" ? 1 : 0) >= 0;
        }
        return property == "State" && sd_bus_message_append(reply, "v", "s", session.state.c_str()) >= 0;
    }
    if (all && interface == login1::names::seat) {
        return sd_bus_message_append(reply, "a{sv}", 4, "Id", "s", "seat0", "ActiveSession", "(so)", "9",
                                     login1::foreign_session, "Sessions", "a(so)", 2, "3", own.c_str(), "9",
                                     login1::foreign_session, "Secret", "s", "of others") >= 0;
    }
    if (all && interface == login1::names::manager) {
        return sd_bus_message_append(reply, "a{sv}", 3, "IdleHint", "b", 1, "NCurrentSessions", "t",
                                     static_cast<std::uint64_t>(2), "PreparingForSleep", "b", 0) >= 0;
    }
    if (all && interface == login1::names::user) {
        return sd_bus_message_append(reply, "a{sv}", 3, "UID", "u", 1000U, "Display", "(so)", "9",
                                     login1::foreign_session, "Sessions", "a(so)", 2, "3", own.c_str(), "9",
                                     login1::foreign_session) >= 0;
    }
    if (property == "Sessions") {
        return sd_bus_message_append(reply, "v", "a(so)", 2, "9", login1::foreign_session, "3", own.c_str()) >= 0;
    }
    if (property == "ActiveSession" || property == "Display") {
        return sd_bus_message_append(reply, "v", "(so)", "3", own.c_str()) >= 0;
    }
    return (property == "IdleHint" || property == "CanGraphical") && sd_bus_message_append(reply, "v", "b", 1) >= 0;
}

} // namespace berth::testing
