#pragma once

#include "login1/values.hpp"

#include <optional>
#include <string>

namespace berth::login1 {

/// How a signal of the host's logind goes on to the container.
struct Relay {
    bool to_controller{false}; ///< to the session's controller alone; else to everybody on the container's bus
    std::string changed;       ///< PropertiesChanged of this interface: only what `treatment` shows; empty: as it is

    bool operator==(const Relay&) const = default;
};

/// None: the container does not hear of it. Nothing goes to a controller that is not there.
std::optional<Relay> relay(const Signal& signal, const Session& session);

/// The signal says that the own session is gone.
bool tells_of_the_end(const Signal& signal, const Session& session) noexcept;

} // namespace berth::login1
