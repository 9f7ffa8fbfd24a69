#include "login1_bus/bridge.hpp"

#include "base/overloaded.hpp"
#include "login1/signals.hpp"
#include "login1_bus/messages.hpp"

#include <boost/asio/post.hpp>

#include <exception>

namespace berth::login1 {

using bus::check;

namespace {

/// Different denials that are told in the journal: members are the container's to invent.
constexpr std::size_t max_told = 64;
constexpr std::chrono::seconds release_limit{5};
/// Lines in the journal about what the container does.
constexpr Limits line_limits{.calls_a_second = 0.2, .burst = 40};
constexpr const char* limits_exceeded = "org.freedesktop.DBus.Error.LimitsExceeded";

bus::OwnedMessage reply_to(sd_bus_message* question) {
    sd_bus_message* raw = nullptr;
    check(sd_bus_message_new_method_return(question, &raw), "making a reply");
    return bus::OwnedMessage{raw};
}

bus::OwnedMessage error_to(sd_bus_message* question, const std::string& name, const std::string& sentence) {
    const sd_bus_error error{name.c_str(), sentence.c_str(), 0};
    sd_bus_message* raw = nullptr;
    check(sd_bus_message_new_method_error(question, &raw, &error), "making an error");
    return bus::OwnedMessage{raw};
}

/// The container's answer to `question`; what does not read as logind's interface says becomes an error.
bus::OwnedMessage answer_of(sd_bus_message* question, sd_bus_message* reply, const Forward& verdict,
                            const Session& session) {
    if (const sd_bus_error* const error = sd_bus_message_get_error(reply)) {
        return error_to(question, error->name, error->message == nullptr ? "" : error->message);
    }
    try {
        bus::OwnedMessage answer = reply_to(question);
        write_reply(answer.get(), reply, verdict, session);
        return answer;
    } catch (const std::exception& failure) {
        return error_to(question, SD_BUS_ERROR_FAILED, std::string{"berth: "} + failure.what());
    }
}

} // namespace

Bridge::Bridge(boost::asio::io_context& io, HostLogind& host, Settings settings, Callbacks callbacks)
    : io_{io}, host_{host}, settings_{std::move(settings)}, callbacks_{std::move(callbacks)},
      session_{settings_.session}, rate_{settings_.limits, std::chrono::steady_clock::now()},
      lines_{line_limits, std::chrono::steady_clock::now()},
      watch_{io, settings_.pace, [this](const std::string& name) { found_silent(name); }},
      socket_{io, settings_.container_bus,
              ContainerSocket::Callbacks{[this](UniqueFd socket) { connected(std::move(socket)); },
                                         [this](const std::string& sentence) { say(log::Level::warning, sentence); }}} {
    socket_.look();
    tell_status();
}

void Bridge::connected(UniqueFd socket) {
    callbacks_.on_connected(socket.get());
    try {
        container_ = std::make_shared<ContainerBus>(
            io_, std::move(socket), settings_.limits,
            ContainerBus::Callbacks{[this] {
                                        socket_.settled();
                                        say(log::Level::info, "logind is bridged to the container");
                                        tell_status();
                                    },
                                    [this](sd_bus_message* call) { take_call(call); },
                                    [this](const std::string& name) { left(name); },
                                    [this](const std::string& reason) { lost(reason); }});
        tell_status();
    } catch (const std::exception& failure) {
        say(log::Level::warning, std::string{"the container's bus: "} + failure.what());
        callbacks_.on_lost();
        socket_.look();
    }
}

void Bridge::lost(const std::string& reason) {
    say(log::Level::info, "the container's bus is gone: " + reason);
    callbacks_.on_lost();
    // Its own callback is what runs: it goes when that has returned.
    boost::asio::post(io_, [gone = std::exchange(container_, nullptr)] {});
    if (!session_.controller.empty()) {
        release_control([] {});
    }
    socket_.look();
    tell_status();
}

void Bridge::left(const std::string& name) {
    if (!session_.controller.empty() && name == session_.controller) {
        say(log::Level::info, "the controller " + name + " left the container's bus");
        release_control([] {});
    }
}

void Bridge::take_call(sd_bus_message* message) {
    const auto call = read_call(message, settings_.limits.text_bytes);
    if (!call) {
        container_->connection().send(
            error_to(message, limits_exceeded, "berth: the call's arguments are too long").get());
        return;
    }
    std::visit(Overloaded{[&](const Forward& verdict) { forward(message, *call, verdict); },
                          [&](Answer answer) {
                              const auto reply = reply_to(message);
                              write_answer(reply.get(), answer, session_);
                              container_->connection().send(reply.get());
                          },
                          [&](const Deny& deny) {
                              log_denial(*call, deny);
                              container_->connection().send(error_to(message, deny.error, deny.sentence).get());
                          }},
               decide(*call, session_, settings_.options));
}

void Bridge::forward(sd_bus_message* message, const Call& call, const Forward& verdict) {
    if (host_.in_flight() >= settings_.limits.in_flight || !rate_.admit(std::chrono::steady_clock::now())) {
        container_->connection().send(
            error_to(message, limits_exceeded, "berth: too many calls at once from this container").get());
        return;
    }
    const auto request = host_.new_call(verdict.path, call.interface, call.member);
    write_copy(request.get(), message);
    const bool had_control = session_.controller == call.sender;
    const SharedMessage question{sd_bus_message_ref(message), bus::UnrefMessage{}};
    host_.call(request.get(), settings_.limits.call_time,
               [this, caller = std::weak_ptr{container_}, question, verdict, had_control,
                sender = call.sender](sd_bus_message* reply) {
                   const bool refused = sd_bus_message_is_method_error(reply, nullptr) > 0;
                   // Unless it has left in the meantime, and another one asks now.
                   if (refused && verdict.control == Control::take && !had_control && session_.controller == sender) {
                       set_controller("");
                   }
                   answer_from_host(caller, question.get(), verdict, reply);
               });
    note_control(verdict, call.sender);
}

void Bridge::answer_from_host(const std::weak_ptr<ContainerBus>& caller, sd_bus_message* question,
                              const Forward& verdict, sd_bus_message* reply) {
    const auto container = caller.lock();
    if (!container) {
        return; // that bus is gone; descriptors in the reply are closed with it
    }
    try {
        container->connection().send(answer_of(question, reply, verdict, session_).get());
    } catch (const std::exception& failure) {
        container->connection().hang_up(failure.what()); // not the host's connection, in whose callback this is
    }
}

void Bridge::host_signal(sd_bus_message* signal) {
    const auto how = relay(read_signal(signal), session_);
    if (!how || !container_ || !container_->is_named()) {
        return;
    }
    Connection& connection = container_->connection();
    try {
        const auto copy = connection.new_signal(sd_bus_message_get_path(signal), sd_bus_message_get_interface(signal),
                                                sd_bus_message_get_member(signal));
        if (how->to_controller) {
            check(sd_bus_message_set_destination(copy.get(), session_.controller.c_str()), "addressing a signal");
        }
        if (how->changed.empty()) {
            write_copy(copy.get(), signal);
        } else {
            write_changed(copy.get(), signal, how->changed, session_);
        }
        connection.send(copy.get());
    } catch (const std::exception& failure) {
        connection.hang_up(failure.what());
    }
}

void Bridge::stop(std::function<void()> done) {
    boost::asio::post(io_, [gone = std::exchange(container_, nullptr)] {});
    if (session_.controller.empty()) {
        boost::asio::post(io_, std::move(done));
        return;
    }
    release_control(std::move(done));
}

void Bridge::note_control(const Forward& verdict, const std::string& sender) {
    switch (verdict.control) {
    case Control::none:
        return;
    case Control::take: // before logind has answered: the next one is refused, and a controller that leaves is noticed
        set_controller(sender);
        return;
    case Control::release:
        set_controller("");
        return;
    }
}

void Bridge::set_controller(const std::string& name) {
    if (std::exchange(session_.controller, name) != name) {
        say(log::Level::info,
            name.empty() ? "nobody has control of the session" : name + " takes control of the session");
        name.empty() ? watch_.stop() : watch_.watch(container_, name);
        tell_status();
    }
}

void Bridge::found_silent(const std::string& name) {
    try {
        host_.ask_active([this, name](bool active) {
            if (!container_ || session_.controller != name) {
                return;
            }
            if (active) {
                callbacks_.on_hung(name);
                return;
            }
            if (std::exchange(silent_, name) != name) { // not each time that it is looked at again
                say(log::Level::notice,
                    "the controller " + name + " does not answer; its session is not in front, so it is left alone");
            }
            watch_.watch(container_, name);
        });
    } catch (const std::exception& failure) {
        log::error(std::string{"is the session in front? "} + failure.what(), {{"BERTH_SEAT", session_.seat}});
        callbacks_.on_hung(name);
    }
}

void Bridge::release_control(std::function<void()> done) {
    set_controller("");
    try {
        const auto message = host_.new_call(session_.path, std::string{names::session}, "ReleaseControl");
        host_.call(message.get(), release_limit, [done](sd_bus_message*) { done(); });
    } catch (const std::exception& failure) {
        log::error(std::string{"ReleaseControl: "} + failure.what(), {{"BERTH_SEAT", session_.seat}});
        boost::asio::post(io_, std::move(done)); // the host's bus is lost, and control with it
    }
}

void Bridge::say(log::Level level, const std::string& sentence) {
    if (lines_.admit(std::chrono::steady_clock::now())) {
        log::write(level, sentence, {{"BERTH_SEAT", session_.seat}});
    }
}

void Bridge::log_denial(const Call& call, const Deny& deny) {
    if (told_.size() < max_told && told_.emplace(call.interface, call.member).second) {
        log::notice("denied to the container: " + call.interface + "." + call.member + " on " + call.path + ": " +
                        deny.sentence,
                    {{"BERTH_SEAT", session_.seat}});
    }
}

void Bridge::tell_status() {
    if (!container_) {
        callbacks_.on_status("waiting for the container's bus");
    } else if (!container_->is_named()) {
        callbacks_.on_status("waiting for the container's bus to answer");
    } else {
        callbacks_.on_status(session_.controller.empty() ? "bridged; nobody has control"
                                                         : "bridged; " + session_.controller + " has control");
    }
}

} // namespace berth::login1
