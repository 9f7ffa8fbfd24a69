#pragma once

#include <string>
#include <string_view>

namespace berth::login1 {

/// What a container gets to see of one property.
enum class Treatment {
    show,         ///< as it is
    hide,         ///< there is no such property
    own_sessions, ///< a(so): the own session alone
    own_or_none,  ///< (so): the own session, or ("", "/") where the value names another
};

/// Manager and Seat show only what is listed, since a later logind may tell more of others; Session and User are the
/// desktop's own and show everything but lists of sessions. Other interfaces show nothing.
Treatment treatment(std::string_view interface, std::string_view property) noexcept;

/// Introspection data (D-Bus specification, "Introspection Data Format") without the child nodes: those are the names
/// of other sessions, seats and users.
std::string without_children(std::string_view xml);

} // namespace berth::login1
