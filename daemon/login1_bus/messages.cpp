#include "login1_bus/messages.hpp"

#include "bus/sd_bus.hpp"
#include "login1/properties.hpp"

#include <cstdint>
#include <stdexcept>
#include <vector>

namespace berth::login1 {

using bus::check;

namespace {

constexpr const char* reading = "reading a message";
constexpr const char* writing = "writing a message";

std::string text_or_empty(const char* text) {
    return text == nullptr ? std::string{} : std::string{text};
}

std::string read_text(sd_bus_message* message, char type) {
    const char* text = nullptr;
    check(sd_bus_message_read_basic(message, type, &text), reading);
    return text_or_empty(text);
}

std::uint32_t read_number(sd_bus_message* message) {
    std::uint32_t number = 0;
    check(sd_bus_message_read_basic(message, 'u', &number), reading);
    return number;
}

/// One argument of the few types that logind's methods take; none for every other type.
std::optional<std::string> read_argument(sd_bus_message* message, char type) {
    switch (type) {
    case 's':
    case 'o':
    case 'g':
        return read_text(message, type);
    case 'u':
        return std::to_string(read_number(message));
    case 'b': {
        int truth = 0; // sd_bus_message_read_basic(3): a boolean is read as an int
        check(sd_bus_message_read_basic(message, 'b', &truth), reading);
        return truth != 0 ? "true" : "false";
    }
    default:
        return std::nullopt;
    }
}

/// The arguments up to the first of another type; none when they have more text than `max_text`.
std::optional<std::vector<std::string>> read_arguments(sd_bus_message* message, std::size_t max_text) {
    std::vector<std::string> arguments;
    std::size_t text = 0;
    char type = 0;
    const char* contents = nullptr;
    while (check(sd_bus_message_peek_type(message, &type, &contents), reading) > 0) {
        auto argument = read_argument(message, type);
        if (!argument) {
            break;
        }
        text += argument->size();
        if (text > max_text) {
            return std::nullopt;
        }
        arguments.push_back(std::move(*argument));
    }
    check(sd_bus_message_rewind(message, 1), reading);
    return arguments;
}

void copy_all(sd_bus_message* to, sd_bus_message* from) {
    check(sd_bus_message_copy(to, from, 1), writing);
}

/// What stands inside a variant, from where both messages are.
void copy_variant(sd_bus_message* to, sd_bus_message* from) {
    char type = 0;
    const char* contents = nullptr;
    check(sd_bus_message_peek_type(from, &type, &contents), reading);
    if (type != 'v') {
        throw std::runtime_error{"logind sent something that is no property's value"};
    }
    check(sd_bus_message_enter_container(from, 'v', contents), reading);
    check(sd_bus_message_open_container(to, 'v', contents), writing);
    copy_all(to, from);
    check(sd_bus_message_close_container(to), writing);
    check(sd_bus_message_exit_container(from), reading);
}

void copy_own_or_none(sd_bus_message* to, sd_bus_message* from, const Session& session) {
    const char* id = nullptr;
    const char* path = nullptr;
    check(sd_bus_message_enter_container(from, 'v', "(so)"), reading);
    check(sd_bus_message_read(from, "(so)", &id, &path), reading);
    check(sd_bus_message_exit_container(from), reading);
    const bool own = session.path == path;
    check(sd_bus_message_append(to, "v", "(so)", own ? id : "", own ? path : "/"), writing);
}

/// One property's value, from a variant to a variant.
void copy_value(sd_bus_message* to, sd_bus_message* from, Treatment how, const Session& session) {
    switch (how) {
    case Treatment::show:
        copy_variant(to, from);
        return;
    case Treatment::own_or_none:
        copy_own_or_none(to, from, session);
        return;
    case Treatment::own_sessions:
        check(sd_bus_message_skip(from, "v"), reading);
        check(sd_bus_message_append(to, "v", "a(so)", 1, session.id.c_str(), session.path.c_str()), writing);
        return;
    case Treatment::hide:
        check(sd_bus_message_skip(from, "v"), reading);
        return;
    }
}

void copy_properties(sd_bus_message* to, sd_bus_message* from, const std::string& interface, const Session& session) {
    check(sd_bus_message_enter_container(from, 'a', "{sv}"), reading);
    check(sd_bus_message_open_container(to, 'a', "{sv}"), writing);
    while (check(sd_bus_message_enter_container(from, 'e', "sv"), reading) > 0) {
        const std::string property = read_text(from, 's');
        const Treatment how = treatment(interface, property);
        if (how == Treatment::hide) {
            check(sd_bus_message_skip(from, "v"), reading);
        } else {
            check(sd_bus_message_open_container(to, 'e', "sv"), writing);
            check(sd_bus_message_append(to, "s", property.c_str()), writing);
            copy_value(to, from, how, session);
            check(sd_bus_message_close_container(to), writing);
        }
        check(sd_bus_message_exit_container(from), reading);
    }
    check(sd_bus_message_close_container(to), writing);
    check(sd_bus_message_exit_container(from), reading);
}

/// Those that this process holds for the container; the host's own name its programs.
void copy_inhibitors(sd_bus_message* to, sd_bus_message* from, const Session& session) {
    const char *what = nullptr, *who = nullptr, *why = nullptr, *mode = nullptr;
    std::uint32_t uid = 0;
    std::uint32_t pid = 0;
    check(sd_bus_message_enter_container(from, 'a', "(ssssuu)"), reading);
    check(sd_bus_message_open_container(to, 'a', "(ssssuu)"), writing);
    while (check(sd_bus_message_read(from, "(ssssuu)", &what, &who, &why, &mode, &uid, &pid), reading) > 0) {
        if (pid == session.leader) {
            check(sd_bus_message_append(to, "(ssssuu)", what, who, why, mode, uid, pid), writing);
        }
    }
    check(sd_bus_message_close_container(to), writing);
    check(sd_bus_message_exit_container(from), reading);
}

/// Reads one property of the session's GetAll, or skips it.
void read_session_property(sd_bus_message* reply, const std::string& property, Session& session) {
    const char* name = nullptr;
    const char* path = nullptr;
    if (property == "Id" || property == "Name" || property == "State") {
        check(sd_bus_message_read(reply, "v", "s", &name), reading);
        std::string& target = property == "Id" ? session.id : property == "Name" ? session.user_name : session.state;
        target = name;
    } else if (property == "VTNr") {
        check(sd_bus_message_read(reply, "v", "u", &session.vt), reading);
    } else if (property == "Leader") {
        check(sd_bus_message_read(reply, "v", "u", &session.leader), reading);
    } else if (property == "Seat") {
        check(sd_bus_message_read(reply, "v", "(so)", &name, &path), reading);
        session.seat = name;
        session.seat_path = path;
    } else if (property == "User") {
        check(sd_bus_message_read(reply, "v", "(uo)", &session.uid, &path), reading);
        session.user_path = path;
    } else {
        check(sd_bus_message_skip(reply, "v"), reading);
    }
}

} // namespace

std::optional<Call> read_call(sd_bus_message* message, std::size_t max_text) {
    Call call;
    call.path = text_or_empty(sd_bus_message_get_path(message));
    call.interface = text_or_empty(sd_bus_message_get_interface(message));
    call.member = text_or_empty(sd_bus_message_get_member(message));
    call.signature = text_or_empty(sd_bus_message_get_signature(message, 1));
    call.sender = text_or_empty(sd_bus_message_get_sender(message));
    try {
        auto arguments = read_arguments(message, max_text);
        if (!arguments) {
            return std::nullopt;
        }
        call.arguments = std::move(*arguments);
    } catch (const std::runtime_error&) {
        return std::nullopt; // the body is not what its signature says
    }
    return call;
}

Signal read_signal(sd_bus_message* message) {
    Signal signal;
    signal.path = text_or_empty(sd_bus_message_get_path(message));
    signal.interface = text_or_empty(sd_bus_message_get_interface(message));
    signal.member = text_or_empty(sd_bus_message_get_member(message));
    // The host's logind is believed: its signals have no limit but sd-bus's own.
    signal.arguments = read_arguments(message, SIZE_MAX).value_or(std::vector<std::string>{});
    return signal;
}

Session read_session(sd_bus_message* reply, const std::string& path) {
    Session session;
    session.path = path;
    check(sd_bus_message_enter_container(reply, 'a', "{sv}"), reading);
    while (check(sd_bus_message_enter_container(reply, 'e', "sv"), reading) > 0) {
        read_session_property(reply, read_text(reply, 's'), session);
        check(sd_bus_message_exit_container(reply), reading);
    }
    if (session.id.empty() || session.user_path.empty() || session.seat.empty()) {
        throw std::runtime_error{"logind's session " + path + " has no id, no user or no seat"};
    }
    return session;
}

void write_reply(sd_bus_message* to, sd_bus_message* from, const Forward& forward, const Session& session) {
    switch (forward.shape) {
    case Shape::plain:
        copy_all(to, from);
        return;
    case Shape::property:
        copy_value(to, from, treatment(forward.interface, forward.property), session);
        return;
    case Shape::properties:
        copy_properties(to, from, forward.interface, session);
        return;
    case Shape::inhibitors:
        copy_inhibitors(to, from, session);
        return;
    case Shape::introspection:
        check(sd_bus_message_append(to, "s", without_children(read_text(from, 's')).c_str()), writing);
        return;
    }
}

void write_answer(sd_bus_message* to, Answer answer, const Session& session) {
    const auto append = [&](const char* types, auto... values) {
        check(sd_bus_message_append(to, types, values...), writing);
    };
    switch (answer) {
    case Answer::nothing:
        return;
    case Answer::session_path:
        append("o", session.path.c_str());
        return;
    case Answer::user_path:
        append("o", session.user_path.c_str());
        return;
    case Answer::seat_path:
        append("o", session.seat_path.c_str());
        return;
    case Answer::sessions:
        append("a(susso)", 1, session.id.c_str(), session.uid, session.user_name.c_str(), session.seat.c_str(),
               session.path.c_str());
        return;
    case Answer::users:
        append("a(uso)", 1, session.uid, session.user_name.c_str(), session.user_path.c_str());
        return;
    case Answer::seats:
        append("a(so)", 1, session.seat.c_str(), session.seat_path.c_str());
        return;
    case Answer::no:
        append("s", "no");
        return;
    }
}

void write_changed(sd_bus_message* to, sd_bus_message* from, const std::string& interface, const Session& session) {
    check(sd_bus_message_append(to, "s", read_text(from, 's').c_str()), writing);
    copy_properties(to, from, interface, session);
    check(sd_bus_message_enter_container(from, 'a', "s"), reading);
    check(sd_bus_message_open_container(to, 'a', "s"), writing);
    const char* property = nullptr;
    while (check(sd_bus_message_read_basic(from, 's', &property), reading) > 0) {
        if (treatment(interface, property) != Treatment::hide) {
            check(sd_bus_message_append_basic(to, 's', property), writing);
        }
    }
    check(sd_bus_message_close_container(to), writing);
    check(sd_bus_message_exit_container(from), reading);
}

void write_copy(sd_bus_message* to, sd_bus_message* from) {
    copy_all(to, from);
}

} // namespace berth::login1
