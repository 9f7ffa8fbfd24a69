#include "login1_bus/connection.hpp"

#include <boost/asio/post.hpp>

#include <exception>
#include <stdexcept>
#include <utility>

namespace berth::login1 {

using bus::check;
using bus::OwnedBus;
using bus::OwnedMessage;

namespace {

OwnedBus new_bus() {
    sd_bus* raw = nullptr;
    check(sd_bus_new(&raw), "sd_bus_new");
    OwnedBus made{raw};
    check(sd_bus_set_bus_client(raw, 1), "sd_bus_set_bus_client");
    check(sd_bus_negotiate_fds(raw, 1), "sd_bus_negotiate_fds");
    return made;
}

OwnedBus bus_at(const std::string& address) {
    OwnedBus made = new_bus();
    // The system bus's address of sd_bus_open_system(3), which itself would wait for the bus.
    const char* const system = "unix:path=/run/dbus/system_bus_socket";
    check(sd_bus_set_address(made.get(), address.empty() ? system : address.c_str()), "sd_bus_set_address");
    check(sd_bus_start(made.get()), "connecting to the bus");
    return made;
}

OwnedBus bus_on(UniqueFd socket) {
    OwnedBus made = new_bus();
    check(sd_bus_set_fd(made.get(), socket.get(), socket.get()), "sd_bus_set_fd");
    static_cast<void>(socket.release()); // the bus closes it from here on
    check(sd_bus_start(made.get()), "sd_bus_start");
    return made;
}

} // namespace

struct Connection::Waiting {
    Connection* connection;
    Reply reply;
    bus::OwnedSlot slot;
};

Connection::Connection(boost::asio::io_context& io, const std::string& address, Callbacks callbacks)
    : Connection{io, bus_at(address), 0, std::move(callbacks)} {}

Connection::Connection(boost::asio::io_context& io, UniqueFd socket, std::size_t max_unread, Callbacks callbacks)
    : Connection{io, bus_on(std::move(socket)), max_unread, std::move(callbacks)} {}

Connection::Connection(boost::asio::io_context& io, OwnedBus made, std::size_t max_unread, Callbacks callbacks)
    : io_{io}, max_unread_{max_unread}, callbacks_{std::move(callbacks)}, self_{std::make_shared<Connection*>(this)},
      bus_{std::move(made)} {
    check(sd_bus_add_filter(bus_.get(), nullptr, on_message, this), "sd_bus_add_filter");
    loop_ = std::make_unique<bus::AsioBus>(
        io, bus::AsioBus::Source{[this] { return bus::poll_request(bus_.get()); }, [this] { return process(); }},
        [this](const std::string& reason) { hang_up(reason); });
}

Connection::~Connection() {
    *self_ = nullptr;
}

bool Connection::process() {
    const int done = check(sd_bus_process(bus_.get(), nullptr), "the bus");
    if (!broken_.empty()) {
        throw std::runtime_error{broken_};
    }
    return done > 0;
}

int Connection::on_message(sd_bus_message* message, void* userdata, sd_bus_error*) noexcept {
    auto& connection = *static_cast<Connection*>(userdata);
    try {
        return connection.callbacks_.on_message && connection.callbacks_.on_message(message) ? 1 : 0;
    } catch (const std::exception& failure) {
        connection.broken_ = failure.what();
        return 1;
    }
}

int Connection::on_reply(sd_bus_message* message, void* userdata, sd_bus_error*) noexcept {
    auto* const waiting = static_cast<Waiting*>(userdata);
    Connection& connection = *waiting->connection;
    try {
        const auto node = connection.waiting_.extract(waiting); // sd-bus itself holds the slot until this returns
        node.mapped()->reply(message);
    } catch (const std::exception& failure) {
        connection.broken_ = failure.what();
    }
    return 1;
}

OwnedMessage Connection::new_call(const std::string& destination, const std::string& path, const std::string& interface,
                                  const std::string& member) const {
    sd_bus_message* raw = nullptr;
    check(sd_bus_message_new_method_call(bus_.get(), &raw, destination.c_str(), path.c_str(), interface.c_str(),
                                         member.c_str()),
          "making a call");
    return OwnedMessage{raw};
}

OwnedMessage Connection::new_signal(const std::string& path, const std::string& interface,
                                    const std::string& member) const {
    sd_bus_message* raw = nullptr;
    check(sd_bus_message_new_signal(bus_.get(), &raw, path.c_str(), interface.c_str(), member.c_str()),
          "making a signal");
    return OwnedMessage{raw};
}

void Connection::call(sd_bus_message* message, std::chrono::seconds limit, Reply reply) {
    auto waiting = std::make_unique<Waiting>(Waiting{this, std::move(reply), nullptr});
    sd_bus_slot* slot = nullptr;
    const auto limit_us = static_cast<std::uint64_t>(std::chrono::microseconds{limit}.count());
    check(sd_bus_call_async(bus_.get(), &slot, message, on_reply, waiting.get(), limit_us), "sending a call");
    waiting->slot.reset(slot);
    Waiting* const key = waiting.get();
    waiting_.emplace(key, std::move(waiting));
    sent();
}

void Connection::send(sd_bus_message* message) {
    check(sd_bus_send(bus_.get(), message, nullptr), "sending a message");
    sent();
}

void Connection::sent() {
    std::uint64_t unread = 0;
    check(sd_bus_get_n_queued_write(bus_.get(), &unread), "sd_bus_get_n_queued_write");
    if (max_unread_ != 0 && unread > max_unread_) {
        hang_up("the bus does not read what it is sent");
        return;
    }
    loop_->rearm();
}

void Connection::hang_up(const std::string& reason) {
    if (*self_ == nullptr) {
        return;
    }
    broken_ = reason;
    boost::asio::post(io_, [self = self_, reason] {
        if (Connection* const connection = std::exchange(*self, nullptr)) {
            connection->callbacks_.on_lost(reason);
        }
    });
}

} // namespace berth::login1
