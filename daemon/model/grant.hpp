#pragma once

#include "base/result.hpp"

#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace berth::model {

/// What a client container may be given of a seat. One file of grants/ says how each is given and taken.
enum class GrantKind {
    gpu,         ///< the seat's render nodes; never a card
    sound,       ///< the desktop's PipeWire and Pulse sockets, or what it has of them
    tmp,         ///< the seat's /tmp volume
    shm,         ///< a /dev/shm that every holder of this grant shares
    ipc,         ///< the desktop's IPC namespace
    machine_id,  ///< the desktop's machine-id
    pulse,       ///< the Pulse paths of old clients
    display,     ///< the desktop's Wayland and X11 sockets, and an Xauthority of any host's
    input,       ///< the seat's input nodes
    camera,      ///< the seat's video4linux nodes
    usb,         ///< one USB device, by its ids
    kvm,         ///< /dev/kvm
    tun,         ///< /dev/net/tun
    session_bus, ///< names on the desktop's session bus, through a filter
    host,        ///< the whole host: a super-privileged container
};

/// The argument of `display` and `sound` for programs that know TCP alone: "display:tcp".
inline constexpr std::string_view over_tcp{"tcp"};

/// One grant as profiles, options and calls name it: "display", "usb:046d:c52b", "session-bus:org.a.B,org.c.*".
struct Grant {
    GrantKind kind{GrantKind::display};
    std::string argument; ///< what follows the first ':'; empty where the kind has none

    auto operator<=>(const Grant&) const = default;
};

/// "machine-id"
std::string_view name_of(GrantKind kind) noexcept;

/// All kinds, in the order above.
const std::vector<GrantKind>& all_grant_kinds();

/// Whether the grant is of the desktop itself: it can be given while one is up, and must be given anew by the next one.
bool needs_desktop(GrantKind kind) noexcept;

/// Whether the kind can be given to a container that runs: `ipc` and `host` are decided when it is made (setns(2) moves
/// no process to another IPC namespace but itself).
bool can_be_given_live(GrantKind kind) noexcept;

/// Whether it is one of `grants`, argument and all.
bool is_among(const std::vector<Grant>& grants, const Grant& grant);

/// Adds those of `more` that are not among `grants`.
void add_each_once(std::vector<Grant>& grants, const std::vector<Grant>& more);

/// What taking a grant back means.
enum class Revocation {
    hard,           ///< what was opened stops to work
    new_opens_only, ///< what is open stays open, what Self.Open* passed as well
    at_its_end,     ///< the container has it until it ends
};

/// "hard", "new-opens-only" or "at-its-end"
std::string_view name_of(Revocation revocation) noexcept;

/// How what the grant gives can be taken back.
Revocation revocation_of(const Grant& grant) noexcept;

/// "usb:046d:c52b"
std::string text_of(const Grant& grant);

/// Reads what `text_of` writes. unknown_grant: no such kind, with the kinds there are. invalid_argument: the argument
/// is missing, not wanted or malformed (usb: two ids of four hexadecimal digits; session-bus: well-known names,
/// comma-separated, a last ".*" allowed).
Result<Grant> parse_grant(std::string_view text);

} // namespace berth::model
