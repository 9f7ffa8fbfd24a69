#include "login1/bus_peer.hpp"

#include "bus/message_text.hpp"
#include "bus/waiting.hpp"
#include "login1/own_session.hpp"

#include <array>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace berth::testing {

using bus::check;

namespace {

const Answer none{"no answer", ""};

} // namespace

struct BusPeer::Waiter {
    BusPeer* peer;
    std::shared_ptr<Answer> answer;
};

BusPeer::BusPeer(boost::asio::io_context& io, const std::string& address) : io_{io} {
    sd_bus* raw = nullptr;
    check(sd_bus_new(&raw), "sd_bus_new");
    bus_.reset(raw);
    check(sd_bus_set_address(raw, address.c_str()), "sd_bus_set_address");
    check(sd_bus_set_bus_client(raw, 1), "sd_bus_set_bus_client");
    check(sd_bus_negotiate_fds(raw, 1), "sd_bus_negotiate_fds");
    check(sd_bus_start(raw), "sd_bus_start");
    check(sd_bus_add_filter(raw, nullptr, on_message, this), "sd_bus_add_filter");
    loop_ = std::make_unique<bus::AsioBus>(io, source_of(raw), [](const std::string&) {});
    check(sd_bus_call_method_async(raw, nullptr, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                   "org.freedesktop.DBus", "AddMatch", nullptr, nullptr, "s",
                                   "type='signal',path_namespace='/org/freedesktop/login1'"),
          "AddMatch");
    settle();
}

BusPeer::~BusPeer() = default;

bool BusPeer::take(sd_bus_message* message) {
    const char* const path = sd_bus_message_get_path(message); // not the driver's NameAcquired
    if (path != nullptr && std::string_view{path}.starts_with(login1::names::manager_path) &&
        sd_bus_message_is_signal(message, nullptr, nullptr) > 0) {
        heard_.push_back(Heard{sd_bus_message_get_path(message), sd_bus_message_get_member(message), text_of(message)});
        keep_descriptor(message);
    }
    return false;
}

int BusPeer::on_message(sd_bus_message* message, void* userdata, sd_bus_error*) {
    return static_cast<BusPeer*>(userdata)->take(message) ? 1 : 0;
}

int BusPeer::on_reply(sd_bus_message* message, void* userdata, sd_bus_error*) {
    auto* const waiter = static_cast<Waiter*>(userdata);
    if (const sd_bus_error* const error = sd_bus_message_get_error(message)) {
        *waiter->answer = Answer{error->name, error->message == nullptr ? "" : error->message};
        return 1;
    }
    *waiter->answer = Answer{"", text_of(message)};
    waiter->peer->keep_descriptor(message);
    return 1;
}

void BusPeer::keep_descriptor(sd_bus_message* message) {
    sd_bus_message_rewind(message, 1);
    char type = 0;
    const char* contents = nullptr;
    while (sd_bus_message_peek_type(message, &type, &contents) > 0) {
        if (type == 'h') {
            int fd = -1;
            check(sd_bus_message_read_basic(message, 'h', &fd), "reading a descriptor");
            descriptor_.reset(::fcntl(fd, F_DUPFD_CLOEXEC, 0)); // the message's own goes with it
        } else {
            const std::string one = contents == nullptr ? std::string{type} : std::string{type} + contents;
            if (contents != nullptr || sd_bus_message_skip(message, one.c_str()) < 0) {
                return; // descriptors stand before containers in what logind sends
            }
        }
    }
}

void BusPeer::start_call(const std::string& path, const std::string& interface, const std::string& member,
                         const Fill& fill, std::shared_ptr<Answer> answer) {
    const bool to_driver = path == "/org/freedesktop/DBus";
    sd_bus_message* raw = nullptr;
    check(sd_bus_message_new_method_call(bus_.get(), &raw,
                                         to_driver ? "org.freedesktop.DBus" : "org.freedesktop.login1", path.c_str(),
                                         interface.c_str(), member.c_str()),
          "making a call");
    const bus::OwnedMessage message{raw};
    if (fill) {
        fill(raw);
    }
    waiters_.push_back(std::make_unique<Waiter>(Waiter{this, std::move(answer)}));
    check(sd_bus_call_async(bus_.get(), nullptr, raw, on_reply, waiters_.back().get(), 0), "sd_bus_call_async");
    loop_->rearm();
}

Answer BusPeer::call(const std::string& path, const std::string& interface, const std::string& member,
                     const Fill& fill) {
    const auto answer = std::make_shared<Answer>(none);
    start_call(path, interface, member, fill, answer);
    run_until(io_, [&] { return answer->error != none.error; });
    return *answer;
}

Answer BusPeer::session_call(const std::string& member, const Fill& fill) {
    return call(login1::own_session().path, std::string{login1::names::session}, member, fill);
}

Answer BusPeer::manager_call(const std::string& member, const Fill& fill) {
    return call(std::string{login1::names::manager_path}, std::string{login1::names::manager}, member, fill);
}

Answer BusPeer::property(const std::string& path, const std::string& interface, const std::string& name) {
    const bool all = name.empty();
    return call(path, std::string{login1::names::properties}, all ? "GetAll" : "Get", [&](sd_bus_message* message) {
        sd_bus_message_append(message, "s", interface.c_str());
        if (!all) {
            sd_bus_message_append(message, "s", name.c_str());
        }
    });
}

bool BusPeer::hears(const std::string& member) {
    return run_until(io_, [&] {
        for (const Heard& each : heard_) {
            if (each.member == member) {
                return true;
            }
        }
        return false;
    });
}

void BusPeer::settle() {
    call("/org/freedesktop/DBus", "org.freedesktop.DBus.Peer", "Ping");
}

std::string BusPeer::unique_name() const {
    const char* name = nullptr;
    check(sd_bus_get_unique_name(bus_.get(), &name), "sd_bus_get_unique_name");
    return name;
}

std::string read_from(const UniqueFd& fd) {
    std::array<char, 256> text{};
    const ssize_t size = ::read(fd.get(), text.data(), text.size());
    return size < 0 ? "unreadable" : std::string{text.data(), static_cast<std::size_t>(size)};
}

} // namespace berth::testing
