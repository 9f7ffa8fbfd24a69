#pragma once

#include "base/result.hpp"
#include "bus/error_names.hpp"

#include <systemd/sd-bus.h>

#include <exception>

/// How the handlers of a Self socket end. Private to bus/.
namespace berth::bus {

/// The guard of this socket's handlers: the frames above are C. Returns what sd_bus_message_handler_t wants.
template <class Work>
int handle(sd_bus_error* error, Work&& work) noexcept {
    try {
        return work();
    } catch (const std::exception& failure) {
        return sd_bus_error_set(error, "org.berth.Berth1.Error.Failed", failure.what());
    }
}

inline int refuse(sd_bus_error* error, const Error& reason) {
    return sd_bus_error_set(error, bus_error_name(reason.code).c_str(), bus_text(reason.message).c_str());
}

} // namespace berth::bus
