#pragma once

#include <systemd/sd-bus.h>

namespace berth::bus {

/// What clients ask a bus before their first own call (Hello, GetNameOwner, …), of org.freedesktop.DBus on a Self
/// socket. Its userdata is the connection's SelfClient.
const sd_bus_vtable* self_driver_vtable() noexcept;

} // namespace berth::bus
