#include "bus/self_client.hpp"

#include "base/log.hpp"
#include "base/result.hpp"
#include "bus/error_names.hpp"
#include "bus/names.hpp"
#include "bus/self_facts.hpp"

#include <systemd/sd-id128.h>

#include <exception>
#include <stdexcept>
#include <utility>

namespace berth::bus {

namespace {

/// Each step reads at most what a socket buffer holds, so this bounds what one message can make berthd hold.
constexpr unsigned max_steps_without_message = 24;
/// Replies that a client may leave unread.
constexpr std::uint64_t max_unread_replies = 256;

/// The guard of this socket's handlers: the frames above are C. Returns what sd_bus_message_handler_t wants.
template <class Work>
int handle(sd_bus_error* error, Work&& work) noexcept {
    try {
        return work();
    } catch (const std::exception& failure) {
        return sd_bus_error_set(error, "org.berth.Berth1.Error.Failed", failure.what());
    }
}

int refuse(sd_bus_error* error, const Error& reason) {
    return sd_bus_error_set(error, bus_error_name(reason.code).c_str(), reason.message.c_str());
}

SelfClient& client_of(void* userdata) {
    return *static_cast<SelfClient*>(userdata);
}

int on_describe(sd_bus_message* message, void* userdata, sd_bus_error* error) {
    return handle(error, [&] {
        sd_bus_message* raw = nullptr;
        check(sd_bus_message_new_method_return(message, &raw), "making a reply");
        const OwnedMessage reply{raw};
        check(sd_bus_message_open_container(raw, 'a', "{sv}"), "making a reply");
        for (const auto& [name, value] : client_of(userdata).service().describe) {
            check(sd_bus_message_append(raw, "{sv}", name.c_str(), "s", value.c_str()), "making a reply");
        }
        check(sd_bus_message_close_container(raw), "making a reply");
        return sd_bus_send(nullptr, raw, nullptr);
    });
}

int on_session_ready(sd_bus_message* message, void* userdata, sd_bus_error* error) {
    return handle(error, [&] {
        auto facts = read_facts(message);
        if (!facts) {
            return refuse(error, facts.error());
        }
        const SelfService& service = client_of(userdata).service();
        service.post(model::SessionReady{.seat = service.seat, .facts = std::move(*facts)});
        return sd_bus_reply_method_return(message, "");
    });
}

int on_hello(sd_bus_message* message, void* userdata, sd_bus_error* error) {
    return handle(error, [&] {
        const std::string name = ":1." + std::to_string(client_of(userdata).number());
        return sd_bus_reply_method_return(message, "s", name.c_str());
    });
}

/// AddMatch and RemoveMatch: there are no signals on this socket, so every rule is right and matches nothing.
int on_match(sd_bus_message* message, void*, sd_bus_error*) {
    return sd_bus_reply_method_return(message, "");
}

bool is_served(sd_bus_message* message) {
    const char* name = nullptr;
    check(sd_bus_message_read_basic(message, 's', &name), "reading a name");
    return std::string{name} == names::service || std::string{name} == names::driver;
}

int on_get_name_owner(sd_bus_message* message, void*, sd_bus_error* error) {
    return handle(error, [&] {
        if (!is_served(message)) {
            return sd_bus_error_set(error, SD_BUS_ERROR_NAME_HAS_NO_OWNER, "only org.berth.Berth1 is on this socket");
        }
        return sd_bus_reply_method_return(message, "s", names::service);
    });
}

int on_name_has_owner(sd_bus_message* message, void*, sd_bus_error* error) {
    return handle(error, [&] { return sd_bus_reply_method_return(message, "b", is_served(message) ? 1 : 0); });
}

int on_start_service(sd_bus_message* message, void*, sd_bus_error* error) {
    return handle(error, [&] {
        constexpr unsigned already_running = 2; // DBUS_START_REPLY_ALREADY_RUNNING
        if (!is_served(message)) {
            return sd_bus_error_set(error, SD_BUS_ERROR_SERVICE_UNKNOWN, "only org.berth.Berth1 is on this socket");
        }
        return sd_bus_reply_method_return(message, "u", already_running);
    });
}

int on_list_names(sd_bus_message* message, void*, sd_bus_error*) {
    return sd_bus_reply_method_return(message, "as", 2, names::driver, names::service);
}

int on_any_message(sd_bus_message*, void* userdata, sd_bus_error*) {
    client_of(userdata).note_message();
    return 0; // not handled here
}

// The C macros of sd-bus-vtable.h convert as C does.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wsign-conversion"
constexpr unsigned open_to_all = SD_BUS_VTABLE_UNPRIVILEGED;

const sd_bus_vtable self_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD_WITH_NAMES("Describe", "", , "a{sv}", SD_BUS_PARAM(facts), on_describe, open_to_all),
    SD_BUS_METHOD_WITH_NAMES("SessionReady", "a{sv}", SD_BUS_PARAM(facts), "", , on_session_ready, open_to_all),
    SD_BUS_VTABLE_END,
};

const sd_bus_vtable driver_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("Hello", "", "s", on_hello, open_to_all),
    SD_BUS_METHOD("AddMatch", "s", "", on_match, open_to_all),
    SD_BUS_METHOD("RemoveMatch", "s", "", on_match, open_to_all),
    SD_BUS_METHOD("GetNameOwner", "s", "s", on_get_name_owner, open_to_all),
    SD_BUS_METHOD("NameHasOwner", "s", "b", on_name_has_owner, open_to_all),
    SD_BUS_METHOD("StartServiceByName", "su", "u", on_start_service, open_to_all),
    SD_BUS_METHOD("ListNames", "", "as", on_list_names, open_to_all),
    SD_BUS_VTABLE_END,
};
#pragma GCC diagnostic pop

OwnedBus make_server(SelfClient* client, UniqueFd socket) {
    sd_bus* bus = nullptr;
    check(sd_bus_new(&bus), "sd_bus_new");
    OwnedBus owned{bus};
    sd_id128_t id{};
    check(sd_id128_randomize(&id), "sd_id128_randomize");
    check(sd_bus_set_fd(bus, socket.get(), socket.get()), "sd_bus_set_fd");
    static_cast<void>(socket.release()); // the bus closes it from here on
    check(sd_bus_set_server(bus, 1, id), "sd_bus_set_server");
    // Who calls is where the call came in; a client from another user namespace can only be anonymous.
    check(sd_bus_set_anonymous(bus, 1), "sd_bus_set_anonymous");
    check(sd_bus_negotiate_fds(bus, 0), "sd_bus_negotiate_fds");
    check(sd_bus_add_filter(bus, nullptr, on_any_message, client), "sd_bus_add_filter");
    check(sd_bus_add_object_vtable(bus, nullptr, names::self_path, names::self_interface, self_vtable, client),
          "sd_bus_add_object_vtable");
    check(sd_bus_add_object_vtable(bus, nullptr, names::driver_path, names::driver, driver_vtable, client),
          "sd_bus_add_object_vtable");
    check(sd_bus_start(bus), "sd_bus_start");
    return owned;
}

} // namespace

SelfClient::SelfClient(boost::asio::io_context& io, UniqueFd socket, const SelfService& service, unsigned number,
                       AsioBus::Lost on_end)
    : service_{service}, number_{number}, bus_{make_server(this, std::move(socket))},
      loop_{std::make_unique<AsioBus>(
          io, AsioBus::Source{[this] { return poll_request(bus_.get()); }, [this] { return process(); }},
          std::move(on_end))} {}

SelfClient::~SelfClient() = default;

bool SelfClient::process() {
    ++steps_without_message_;
    const int r = sd_bus_process(bus_.get(), nullptr);
    check(r, "sd_bus_process");
    if (steps_without_message_ > max_steps_without_message) {
        throw std::runtime_error{"the client sends something that does not become a message"};
    }
    std::uint64_t unread = 0;
    check(sd_bus_get_n_queued_write(bus_.get(), &unread), "sd_bus_get_n_queued_write");
    if (unread > max_unread_replies) {
        throw std::runtime_error{"the client does not read its replies"};
    }
    return r > 0;
}

} // namespace berth::bus
