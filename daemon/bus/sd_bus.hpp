#pragma once

#include "bus/asio_bus.hpp"

#include <systemd/sd-bus.h>

#include <memory>

namespace berth::bus {

struct CloseBus {
    void operator()(sd_bus* bus) const noexcept { sd_bus_close_unref(bus); }
};

struct UnrefMessage {
    void operator()(sd_bus_message* message) const noexcept { sd_bus_message_unref(message); }
};

struct UnrefSlot {
    void operator()(sd_bus_slot* slot) const noexcept { sd_bus_slot_unref(slot); }
};

using OwnedBus = std::unique_ptr<sd_bus, CloseBus>;
using OwnedMessage = std::unique_ptr<sd_bus_message, UnrefMessage>;
using OwnedSlot = std::unique_ptr<sd_bus_slot, UnrefSlot>; ///< destroying it cancels what it stands for

/// Throws std::runtime_error "what: strerror" when `r`, as sd-bus returns it, is negative; else returns it.
int check(int r, const char* what);

/// What a connection of sd-bus waits for now. Throws std::runtime_error, e.g. when the connection is closed.
PollRequest poll_request(sd_bus* bus);

} // namespace berth::bus
