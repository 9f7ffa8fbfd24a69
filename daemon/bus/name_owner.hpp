#pragma once

#include "bus/bus_connection.hpp"
#include "bus/sdbus_compat.hpp"

#include <functional>
#include <memory>
#include <string>

namespace berth::bus {

/// Who has a well-known name on the bus (D-Bus specification, GetNameOwner and NameOwnerChanged), and what that one
/// says: any program may send berthd a signal that looks like somebody else's. Nobody is started for the name.
/// Subscribing waits for the bus. One thread: the io_context's.
class NameOwner {
  public:
    struct Callbacks {
        std::function<void()> found; ///< the one who had the name at the start
        std::function<void()> came;  ///< another one, later
    };

    /// `connection` outlives it.
    NameOwner(BusConnection& connection, std::string name, Callbacks callbacks);
    NameOwner(const NameOwner&) = delete;
    NameOwner& operator=(const NameOwner&) = delete;
    ~NameOwner() = default;

    /// The owner's signals that fit `rule`, a match rule without type and sender; nobody else's.
    [[nodiscard]] sdbus::Slot hear(const std::string& rule, compat::MessageHandler handler);

  private:
    void changed(sdbus::Message& message);

    BusConnection& bus_;
    std::string name_;
    Callbacks callbacks_;
    std::string owner_; ///< its unique name; empty: nobody, or not known yet
    std::unique_ptr<sdbus::IProxy> driver_;
    sdbus::Slot match_;
};

} // namespace berth::bus
