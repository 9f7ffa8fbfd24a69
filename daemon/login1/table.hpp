#pragma once

#include <span>
#include <string_view>

namespace berth::login1 {

/// Which of the four objects that a container sees a row is about.
enum class Target {
    manager, ///< /org/freedesktop/login1
    session, ///< the own session
    seat,    ///< the own seat
    user,    ///< the own user
    any,     ///< each of the four
};

/// What is done with an allowed call.
enum class Way {
    forward,         ///< to the host, its arguments as they are
    controller,      ///< to the host, when the caller is the session's controller
    take_control,    ///< to the host, when nobody else has control and none is forced
    release_control, ///< to the host, when the caller is the controller; nobody has control afterwards
    inhibit,         ///< to the host; forbidding sleep or shutdown, not delaying it, as `power`
    power,           ///< to the host, when Options::allow_power is set
    can_power,       ///< to the host when Options::allow_power is set, else answered "no"
    session_by_id,   ///< answered with the own session's path when the argument names it
    session_by_pid,  ///< answered with the own session's path: PIDs of the container are not the host's
    user_by_id,      ///< answered with the own user's path when the argument is its uid
    user_by_pid,     ///< answered with the own user's path
    seat_by_id,      ///< answered with the own seat's path when the argument names it
    sessions,        ///< answered with the own session alone
    users,           ///< answered with the own user alone
    seats,           ///< answered with the own seat alone
    inhibitors,      ///< to the host; the reply keeps what this bridge holds
    property,        ///< to the host, when the property is one to show
    all_properties,  ///< to the host; the reply keeps the properties to show
    introspection,   ///< to the host; the reply names no other object
    ping,            ///< answered at once
};

/// One member that a contained desktop may call.
struct Row {
    Target target;
    std::string_view interface;
    std::string_view member;
    std::string_view signature; ///< of the arguments; another one is refused
    Way way;
    std::string_view why; ///< who needs it, for what
};

/// One member that is refused with words of its own.
struct RefusedRow {
    std::string_view interface;
    std::string_view member; ///< a trailing '*' stands for any rest
    std::string_view sentence;
};

/// All that is allowed; what is not in here is refused.
std::span<const Row> allowed_calls() noexcept;

/// Members that programs do call, and why they are refused.
std::span<const RefusedRow> refused_calls() noexcept;

/// The row of an allowed call on an object of kind `target`, or null.
const Row* find_row(Target target, std::string_view interface, std::string_view member) noexcept;

/// The sentence for a call that no row allows; never empty.
std::string_view refusal_sentence(std::string_view interface, std::string_view member) noexcept;

} // namespace berth::login1
