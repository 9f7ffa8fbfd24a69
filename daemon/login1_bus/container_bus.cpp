#include "login1_bus/container_bus.hpp"

#include "login1/values.hpp"

#include <cstdint>
#include <string_view>
#include <utility>

namespace berth::login1 {

using bus::check;

namespace {

/// The bus of a container that has only begun to boot answers when its daemon has started.
constexpr std::chrono::seconds start_limit{120};
constexpr const char* driver = "org.freedesktop.DBus";
constexpr const char* driver_path = "/org/freedesktop/DBus";
// D-Bus specification, RequestName: flag and reply.
constexpr std::uint32_t do_not_queue = 4;
constexpr std::uint32_t primary_owner = 1;

/// Only the name: the error's words are the container's, and go to the host's journal.
std::string name_of_error(sd_bus_message* reply) {
    return sd_bus_message_get_error(reply)->name;
}

} // namespace

ContainerBus::ContainerBus(boost::asio::io_context& io, UniqueFd socket, const Limits& limits, Callbacks callbacks)
    : callbacks_{std::move(callbacks)},
      connection_{io, std::move(socket), limits.unread,
                  Connection::Callbacks{[this](sd_bus_message* message) { return take(message); },
                                        [this](const std::string& reason) { callbacks_.on_lost(reason); }}} {
    watch_names();
    request_name();
}

void ContainerBus::watch_names() {
    // Before the name is ours: whoever calls is watched from the first call on.
    const auto message = connection_.new_call(driver, driver_path, driver, "AddMatch");
    const std::string rule =
        std::string{"type='signal',sender='"} + driver + "',interface='" + driver + "',member='NameOwnerChanged'";
    check(sd_bus_message_append(message.get(), "s", rule.c_str()), "asking for signals");
    connection_.call(message.get(), start_limit, [this](sd_bus_message* reply) {
        if (sd_bus_message_is_method_error(reply, nullptr) > 0) {
            connection_.hang_up("the container's bus tells of no names: " + name_of_error(reply));
        }
    });
}

void ContainerBus::request_name() {
    const auto message = connection_.new_call(driver, driver_path, driver, "RequestName");
    const std::string name{names::service};
    check(sd_bus_message_append(message.get(), "su", name.c_str(), do_not_queue), "asking for a name");
    connection_.call(message.get(), start_limit, [this, name](sd_bus_message* reply) {
        std::uint32_t answer = 0;
        if (sd_bus_message_is_method_error(reply, nullptr) > 0) {
            connection_.hang_up("the container's bus does not give " + name + ": " + name_of_error(reply));
        } else if (sd_bus_message_read_basic(reply, 'u', &answer) < 0 || answer != primary_owner) {
            connection_.hang_up("somebody in the container has " + name +
                                " already: systemd-logind must be masked in there");
        } else {
            named_ = true;
            callbacks_.on_named();
        }
    });
}

bool ContainerBus::take(sd_bus_message* message) {
    std::uint8_t type = 0;
    check(sd_bus_message_get_type(message, &type), "reading a message");
    if (type == SD_BUS_MESSAGE_METHOD_CALL) {
        callbacks_.on_call(message);
        return true; // nothing of sd-bus's own may answer: it would tell the host's machine id
    }
    const char* const sender = sd_bus_message_get_sender(message);
    if (sender == nullptr || std::string_view{sender} != driver ||
        sd_bus_message_is_signal(message, driver, "NameOwnerChanged") <= 0) {
        return false;
    }
    const char *name = nullptr, *before = nullptr, *after = nullptr;
    check(sd_bus_message_read(message, "sss", &name, &before, &after), "reading a message");
    if (*after == '\0') {
        callbacks_.on_left(name);
    }
    return false;
}

} // namespace berth::login1
