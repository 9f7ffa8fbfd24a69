#include "bus/self_driver.hpp"

#include "bus/names.hpp"
#include "bus/sd_bus.hpp"
#include "bus/self_client.hpp"
#include "bus/self_handler.hpp"

#include <string>

namespace berth::bus {

namespace {

int on_hello(sd_bus_message* message, void* userdata, sd_bus_error* error) {
    return handle(error, [&] {
        const std::string name = ":1." + std::to_string(static_cast<SelfClient*>(userdata)->number());
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

// The C macros of sd-bus-vtable.h convert as C does.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wsign-conversion"
const sd_bus_vtable driver_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("Hello", "", "s", on_hello, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("AddMatch", "s", "", on_match, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("RemoveMatch", "s", "", on_match, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("GetNameOwner", "s", "s", on_get_name_owner, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("NameHasOwner", "s", "b", on_name_has_owner, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("StartServiceByName", "su", "u", on_start_service, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("ListNames", "", "as", on_list_names, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};
#pragma GCC diagnostic pop

} // namespace

const sd_bus_vtable* self_driver_vtable() noexcept {
    return driver_vtable;
}

} // namespace berth::bus
