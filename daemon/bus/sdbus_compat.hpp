#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Everything in which sdbus-c++ 1.2 (Debian 12) and 2.1 (Debian 13) differ for berthd. BERTH_SDBUS_MAJOR comes from
/// dbus-interfaces/CMakeLists.txt.
namespace berth::bus::compat {

using MessageHandler = std::function<void(sdbus::Message&)>;

#if BERTH_SDBUS_MAJOR >= 2

using CallError = std::optional<sdbus::Error>; ///< first parameter of an asynchronous call's callback
using ServiceName = sdbus::ServiceName;
using PropertyName = sdbus::PropertyName;

inline sdbus::Error make_error(const std::string& name, const std::string& message) {
    return sdbus::Error{sdbus::Error::Name{name}, message};
}

inline bool process(sdbus::IConnection& connection) {
    return connection.processPendingEvent();
}

/// The descriptor that tells of work queued outside processPendingEvent, or -1.
inline int wake_fd(const sdbus::IConnection::PollData& data) {
    return data.eventFd;
}

inline void add_object_manager(sdbus::IConnection& connection, const std::string& path) {
    connection.addObjectManager(sdbus::ObjectPath{path});
}

[[nodiscard]] inline sdbus::Slot add_match(sdbus::IConnection& connection, const std::string& rule,
                                           MessageHandler handler) {
    const auto call = [handler = std::move(handler)](sdbus::Message message) { handler(message); };
    return connection.addMatch(rule, call, sdbus::return_slot);
}

inline std::string sender_of(const sdbus::IObject& object) {
    const char* sender = object.getCurrentlyProcessedMessage().getSender();
    return sender == nullptr ? std::string{} : std::string{sender};
}

inline std::string sender_of(const sdbus::Message& message) {
    const char* sender = message.getSender();
    return sender == nullptr ? std::string{} : std::string{sender};
}

#else

using CallError = const sdbus::Error*;
using ServiceName = std::string;
using PropertyName = std::string;

inline sdbus::Error make_error(const std::string& name, const std::string& message) {
    return sdbus::Error{name, message};
}

inline bool process(sdbus::IConnection& connection) {
    return connection.processPendingRequest();
}

inline int wake_fd(const sdbus::IConnection::PollData&) {
    return -1;
}

inline void add_object_manager(sdbus::IConnection& connection, const std::string& path) {
    connection.addObjectManager(path, sdbus::floating_slot);
}

/// Waits for the bus's answer: for the start only.
[[nodiscard]] inline sdbus::Slot add_match(sdbus::IConnection& connection, const std::string& rule,
                                           MessageHandler handler) {
    return connection.addMatch(rule, std::move(handler));
}

inline std::string sender_of(const sdbus::IObject& object) {
    const sdbus::Message* message = object.getCurrentlyProcessedMessage();
    return message == nullptr ? std::string{} : message->getSender();
}

inline std::string sender_of(const sdbus::Message& message) {
    return message.getSender();
}

#endif

/// The system bus for an empty address, else the bus at that address (dbus-daemon(1), "ADDRESS").
inline std::unique_ptr<sdbus::IConnection> open(const std::string& address) {
    return address.empty() ? sdbus::createSystemBusConnection() : sdbus::createSessionBusConnectionWithAddress(address);
}

inline std::unique_ptr<sdbus::IProxy> make_proxy(sdbus::IConnection& connection, const std::string& service,
                                                 const std::string& path) {
    return sdbus::createProxy(connection, ServiceName{service}, sdbus::ObjectPath{path});
}

inline std::vector<PropertyName> property_names(const std::vector<std::string>& names) {
    return {names.begin(), names.end()};
}

} // namespace berth::bus::compat
