#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace berth::client {

/// A call that was answered by an error, or could not be made. `name`: short, as in dbus-interfaces/errors.md
/// ("SeatBusy"), or the bus's own full name. what(): "SeatBusy: sentence".
class CallFailed : public std::runtime_error {
  public:
    CallFailed(std::string name, std::string message)
        : std::runtime_error{name + ": " + message}, name_{std::move(name)}, message_{std::move(message)} {}

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    [[nodiscard]] const std::string& message() const noexcept { return message_; }

  private:
    std::string name_;
    std::string message_;
};

} // namespace berth::client
