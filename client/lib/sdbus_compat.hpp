#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

/// Everything in which sdbus-c++ 1.2 (Debian 12) and 2.1 (Debian 13) differ for clients. BERTH_SDBUS_MAJOR comes from
/// dbus-interfaces/CMakeLists.txt.
namespace berth::client::compat {

using MessageHandler = std::function<void(sdbus::Message&)>;

#if BERTH_SDBUS_MAJOR >= 2

using CallError = std::optional<sdbus::Error>; ///< parameter of an asynchronous call's reply
using ServiceName = sdbus::ServiceName;
using InterfaceName = sdbus::InterfaceName;
using PropertyName = sdbus::PropertyName;

inline bool process(sdbus::IConnection& connection) {
    return connection.processPendingEvent();
}

inline int wake_fd(const sdbus::IConnection::PollData& data) {
    return data.eventFd;
}

[[nodiscard]] inline sdbus::Slot add_match(sdbus::IConnection& connection, const std::string& rule,
                                           MessageHandler handler) {
    const auto call = [handler = std::move(handler)](sdbus::Message message) { handler(message); };
    return connection.addMatch(rule, call, sdbus::return_slot);
}

#else

using CallError = const sdbus::Error*;
using ServiceName = std::string;
using InterfaceName = std::string;
using PropertyName = std::string;

inline bool process(sdbus::IConnection& connection) {
    return connection.processPendingRequest();
}

inline int wake_fd(const sdbus::IConnection::PollData&) {
    return -1;
}

[[nodiscard]] inline sdbus::Slot add_match(sdbus::IConnection& connection, const std::string& rule,
                                           MessageHandler handler) {
    return connection.addMatch(rule, std::move(handler));
}

#endif

inline std::unique_ptr<sdbus::IConnection> open(const std::string& address) {
    return address.empty() ? sdbus::createSystemBusConnection() : sdbus::createSessionBusConnectionWithAddress(address);
}

} // namespace berth::client::compat
