#include "login1/signals.hpp"

namespace berth::login1 {
namespace {

/// The interface whose properties the object at `path` tells the container of; empty: none.
std::string_view interface_at(std::string_view path, const Session& session) noexcept {
    if (path == names::manager_path) {
        return names::manager;
    }
    if (path == session.path) {
        return names::session;
    }
    if (path == session.seat_path) {
        return names::seat;
    }
    return path == session.user_path ? names::user : std::string_view{};
}

bool names_the_session(const Signal& signal, const Session& session) noexcept {
    return signal.arguments.size() == 2 && signal.arguments[0] == session.id && signal.arguments[1] == session.path;
}

std::optional<Relay> relay_of_session(const Signal& signal, const Session& session) {
    if (signal.member == "Lock" || signal.member == "Unlock") {
        return Relay{};
    }
    // logind sends these to the connection that has control, which on the container's side is one program.
    const bool of_a_device = signal.member == "PauseDevice" || signal.member == "ResumeDevice";
    if (of_a_device && !session.controller.empty()) {
        return Relay{.to_controller = true, .changed = {}};
    }
    return std::nullopt;
}

std::optional<Relay> relay_of_manager(const Signal& signal, const Session& session) {
    if (signal.member == "PrepareForSleep" || signal.member == "PrepareForShutdown") {
        return Relay{};
    }
    const bool of_a_session = signal.member == "SessionNew" || signal.member == "SessionRemoved";
    if (of_a_session && names_the_session(signal, session)) {
        return Relay{};
    }
    return std::nullopt;
}

} // namespace

std::optional<Relay> relay(const Signal& signal, const Session& session) {
    const std::string_view interface = interface_at(signal.path, session);
    if (interface.empty()) {
        return std::nullopt;
    }
    if (signal.interface == names::properties) {
        const bool shown =
            signal.member == "PropertiesChanged" && !signal.arguments.empty() && signal.arguments.front() == interface;
        return shown ? std::optional{Relay{.to_controller = false, .changed = std::string{interface}}} : std::nullopt;
    }
    if (signal.interface != interface) {
        return std::nullopt;
    }
    if (interface == names::session) {
        return relay_of_session(signal, session);
    }
    return interface == names::manager ? relay_of_manager(signal, session) : std::nullopt;
}

bool tells_of_the_end(const Signal& signal, const Session& session) noexcept {
    return signal.path == names::manager_path && signal.interface == names::manager &&
           signal.member == "SessionRemoved" && names_the_session(signal, session);
}

} // namespace berth::login1
