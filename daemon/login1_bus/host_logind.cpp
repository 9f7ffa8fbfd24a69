#include "login1_bus/host_logind.hpp"

#include "login1/signals.hpp"
#include "login1_bus/messages.hpp"

#include <boost/asio/post.hpp>

#include <string_view>
#include <utility>

namespace berth::login1 {

using bus::check;

namespace {

constexpr std::chrono::seconds answer_limit{25};
constexpr const char* bus_name = "org.freedesktop.DBus";
constexpr const char* bus_path = "/org/freedesktop/DBus";
const std::string logind{names::service};

bool is_error(sd_bus_message* reply) {
    return sd_bus_message_is_method_error(reply, nullptr) > 0;
}

Error error_of(sd_bus_message* reply, const std::string& what) {
    const sd_bus_error* const error = sd_bus_message_get_error(reply);
    return Error{ErrorCode::failed, what + ": " + (error->message == nullptr ? error->name : error->message)};
}

std::string read_string(sd_bus_message* message, char type) {
    const char* text = nullptr;
    check(sd_bus_message_read_basic(message, type, &text), "reading a message");
    return text;
}

} // namespace

HostLogind::HostLogind(boost::asio::io_context& io, const std::string& address, Callbacks callbacks)
    : io_{io}, callbacks_{std::move(callbacks)},
      connection_{io, address,
                  Connection::Callbacks{[this](sd_bus_message* message) { return take(message); },
                                        [this](const std::string& reason) {
                                            end(End::host_bus_lost, "the host's bus is lost: " + reason);
                                        }}} {}

HostLogind::~HostLogind() {
    *ended_ = true;
}

void HostLogind::add_match(const std::string& rule) {
    const auto message = connection_.new_call(bus_name, bus_path, bus_name, "AddMatch");
    check(sd_bus_message_append(message.get(), "s", rule.c_str()), "asking for signals");
    connection_.call(message.get(), answer_limit, [this](sd_bus_message* reply) {
        if (is_error(reply)) {
            end(End::host_bus_lost, error_of(reply, "the host's bus sends no signals").message);
        }
    });
}

void HostLogind::find(const std::string& id, Done<Session> done) {
    // The bus answers in order: what happens after a question was answered is heard.
    add_match("type='signal',sender='" + logind + "',path_namespace='" + std::string{names::manager_path} + "'");
    add_match(std::string{"type='signal',sender='"} + bus_name + "',member='NameOwnerChanged',arg0='" + logind + "'");
    ask_owner(id, std::move(done));
}

void HostLogind::ask_owner(const std::string& id, Done<Session> done) {
    const auto message = connection_.new_call(bus_name, bus_path, bus_name, "GetNameOwner");
    check(sd_bus_message_append(message.get(), "s", logind.c_str()), "asking for logind");
    connection_.call(message.get(), answer_limit, [this, id, done = std::move(done)](sd_bus_message* reply) {
        if (is_error(reply)) {
            end(End::logind_lost, error_of(reply, "logind is not on the host's bus").message);
            return;
        }
        owner_ = read_string(reply, 's');
        ask_path(id, done);
    });
}

void HostLogind::ask_path(const std::string& id, Done<Session> done) {
    const auto message = new_call(std::string{names::manager_path}, std::string{names::manager}, "GetSession");
    check(sd_bus_message_append(message.get(), "s", id.c_str()), "asking for the session");
    connection_.call(message.get(), answer_limit, [this, id, done = std::move(done)](sd_bus_message* reply) {
        if (is_error(reply)) {
            done(error_of(reply, "logind knows no session " + id));
            return;
        }
        ask_session(read_string(reply, 'o'), done);
    });
}

void HostLogind::ask_session(const std::string& path, Done<Session> done) {
    const auto message = new_call(path, std::string{names::properties}, "GetAll");
    check(sd_bus_message_append(message.get(), "s", std::string{names::session}.c_str()), "asking for the session");
    connection_.call(message.get(), answer_limit, [this, path, done = std::move(done)](sd_bus_message* reply) {
        if (is_error(reply)) {
            done(error_of(reply, "logind does not describe the session"));
            return;
        }
        try {
            session_ = read_session(reply, path);
        } catch (const std::exception& failure) {
            done(Error{ErrorCode::failed, failure.what()});
            return;
        }
        done(session_);
    });
}

void HostLogind::activate(Done<void> done) {
    const auto message = new_call(session_.path, std::string{names::session}, "Activate");
    connection_.call(message.get(), answer_limit, [done = std::move(done)](sd_bus_message* reply) {
        done(is_error(reply) ? Result<void>{error_of(reply, "logind does not activate the session")} : Result<void>{});
    });
}

void HostLogind::ask_active(std::function<void(bool active)> done) {
    const auto message = property_call("Active");
    connection_.call(message.get(), answer_limit, [done = std::move(done)](sd_bus_message* reply) {
        int active = 1;
        done(is_error(reply) || sd_bus_message_read(reply, "v", "b", &active) < 0 || active != 0);
    });
}

bus::OwnedMessage HostLogind::property_call(const char* name) const {
    auto message = new_call(session_.path, std::string{names::properties}, "Get");
    check(sd_bus_message_append(message.get(), "ss", std::string{names::session}.c_str(), name),
          "asking for a property of the session");
    return message;
}

bus::OwnedMessage HostLogind::new_call(const std::string& path, const std::string& interface,
                                       const std::string& member) const {
    return connection_.new_call(logind, path, interface, member);
}

void HostLogind::call(sd_bus_message* message, std::chrono::seconds limit, Connection::Reply reply) {
    connection_.call(message, limit, std::move(reply));
}

bool HostLogind::take(sd_bus_message* message) {
    const char* const sender = sd_bus_message_get_sender(message);
    if (sender == nullptr || sd_bus_message_is_signal(message, nullptr, nullptr) <= 0) {
        return false;
    }
    if (std::string_view{sender} == bus_name) {
        take_owner_change(message);
    } else if (!owner_.empty() && owner_ == sender) {
        take_signal(message);
    }
    return false; // sd-bus has nothing else that could want it
}

void HostLogind::take_owner_change(sd_bus_message* message) {
    if (sd_bus_message_is_signal(message, bus_name, "NameOwnerChanged") <= 0) {
        return;
    }
    const bool of_logind = read_string(message, 's') == logind;
    check(sd_bus_message_rewind(message, 1), "reading a message");
    if (of_logind && !owner_.empty()) {
        end(End::logind_lost, "logind left the host's bus or came anew: control of the session is lost");
    }
}

void HostLogind::take_signal(sd_bus_message* message) {
    if (session_.path.empty()) {
        return; // nobody has asked for one yet
    }
    const Signal signal = read_signal(message);
    callbacks_.on_signal(message);
    if (tells_of_the_end(signal, session_)) {
        end(End::session_ended, "logind removed session " + session_.id);
    } else if (signal.path == session_.path && signal.member == "PropertiesChanged") {
        read_state();
    }
}

/// Session.State is a property whose changes logind does not tell (org.freedesktop.login1(5)).
void HostLogind::read_state() {
    if (reading_state_) {
        return;
    }
    reading_state_ = true;
    const auto message = property_call("State");
    connection_.call(message.get(), answer_limit, [this](sd_bus_message* reply) {
        reading_state_ = false;
        const char* state = nullptr;
        if (is_error(reply) || sd_bus_message_read(reply, "v", "s", &state) < 0) {
            return; // a session that is gone is told of by SessionRemoved
        }
        if (std::string_view{state} == "closing") {
            end(End::session_ended, "logind is closing session " + session_.id);
        }
    });
}

void HostLogind::end(End end, const std::string& sentence) {
    if (*ended_) {
        return;
    }
    boost::asio::post(io_, [this, ended = ended_, end, sentence] {
        if (!std::exchange(*ended, true)) {
            callbacks_.on_end(end, sentence);
        }
    });
}

} // namespace berth::login1
