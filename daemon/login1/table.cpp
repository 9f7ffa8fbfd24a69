#include "login1/table.hpp"

#include "login1/values.hpp"

#include <algorithm>
#include <array>

namespace berth::login1 {
namespace {

using enum Target;
using names::introspectable;
using names::peer;
using names::properties;

constexpr std::string_view no_power{"the desktop in the container may not turn the host off, restart it or put it to "
                                    "sleep; do that on the host"};
constexpr std::string_view no_end{"berth ends the desktop's session: log out, or run 'berth down'"};
constexpr std::string_view no_creation{"sessions of the host are opened by the host, not from a container"};
constexpr std::string_view no_setting{"logind's settings are the host's, not the container's"};
constexpr std::string_view no_others{"a contained desktop acts on its own session only"};

constexpr std::array rows{
    // The session's devices: mutter, wlroots and libseat's logind backend.
    Row{session, names::session, "TakeControl", "b", Way::take_control,
        "mutter and libseat take control before they open a device"},
    Row{session, names::session, "ReleaseControl", "", Way::release_control, "mutter and libseat at their end"},
    Row{session, names::session, "TakeDevice", "uu", Way::controller,
        "mutter opens DRM and evdev devices; the reply carries the descriptor"},
    Row{session, names::session, "ReleaseDevice", "uu", Way::controller, "mutter closes a device that was unplugged"},
    Row{session, names::session, "PauseDeviceComplete", "uu", Way::controller,
        "mutter acknowledges a pause when the VT is switched away"},
    // The session as seen by others.
    Row{session, names::session, "SetType", "s", Way::controller,
        "a display server says that it is wayland or x11; logind lets the controller do it"},
    Row{session, names::session, "SetDisplay", "s", Way::controller,
        "the display's name, since systemd 254; logind lets the controller do it"},
    Row{session, names::session, "SetIdleHint", "b", Way::forward, "gnome-session says that nobody is at the seat"},
    Row{session, names::session, "SetLockedHint", "b", Way::forward, "gnome-shell says that the screen is locked"},
    Row{session, names::session, "SetBrightness", "ssu", Way::forward, "gnome-settings-daemon dims the backlight"},
    Row{session, names::session, "Activate", "", Way::forward,
        "libseat and gnome-shell bring the own session to the front"},
    // The seat's virtual terminals: Ctrl+Alt+Fn is handled by the compositor, since the keyboard is off in the kernel.
    Row{seat, names::seat, "SwitchTo", "u", Way::forward,
        "mutter and libseat on Ctrl+Alt+Fn: the way back to the host"},
    Row{seat, names::seat, "SwitchToNext", "", Way::forward, "the next virtual terminal that has a session"},
    Row{seat, names::seat, "SwitchToPrevious", "", Way::forward, "the previous one"},
    // Who am I: libsystemd's callers, mutter, polkit agents, WirePlumber.
    Row{manager, names::manager, "GetSession", "s", Way::session_by_id,
        "mutter and gnome-shell find the session by XDG_SESSION_ID or 'auto'"},
    Row{manager, names::manager, "GetSessionByPID", "u", Way::session_by_pid,
        "gnome-session and older programs ask for their own session"},
    Row{manager, names::manager, "GetUser", "u", Way::user_by_id, "gnome-shell watches its user's sessions"},
    Row{manager, names::manager, "GetUserByPID", "u", Way::user_by_pid, "as GetUser"},
    Row{manager, names::manager, "GetSeat", "s", Way::seat_by_id, "libseat finds the seat's path by its name"},
    Row{manager, names::manager, "ListSessions", "", Way::sessions,
        "gnome-shell warns of other users before it logs out"},
    Row{manager, names::manager, "ListUsers", "", Way::users, "accountsservice asks who is logged in"},
    Row{manager, names::manager, "ListSeats", "", Way::seats, "WirePlumber's and gdm's libraries"},
    // Sleep and shutdown.
    Row{manager, names::manager, "Inhibit", "ssss", Way::inhibit,
        "gsd-power and gsd-media-keys hold the lid and the keys; the reply is a descriptor"},
    Row{manager, names::manager, "ListInhibitors", "", Way::inhibitors, "gnome-session shows what holds a log-out up"},
    Row{manager, names::manager, "CanPowerOff", "", Way::can_power, "gnome-shell's menu shows what can be done"},
    Row{manager, names::manager, "CanReboot", "", Way::can_power, "as CanPowerOff"},
    Row{manager, names::manager, "CanHalt", "", Way::can_power, "as CanPowerOff"},
    Row{manager, names::manager, "CanSuspend", "", Way::can_power, "gsd-power chooses what an idle laptop does"},
    Row{manager, names::manager, "CanHibernate", "", Way::can_power, "as CanSuspend"},
    Row{manager, names::manager, "CanHybridSleep", "", Way::can_power, "as CanSuspend"},
    Row{manager, names::manager, "CanSuspendThenHibernate", "", Way::can_power, "as CanSuspend"},
    Row{manager, names::manager, "CanSleep", "", Way::can_power, "as CanSuspend, since systemd 256"},
    Row{manager, names::manager, "CanRebootParameter", "", Way::can_power, "as CanReboot"},
    Row{manager, names::manager, "CanRebootToFirmwareSetup", "", Way::can_power, "gnome-shell's restart dialog"},
    Row{manager, names::manager, "CanRebootToBootLoaderMenu", "", Way::can_power, "gnome-shell's restart dialog"},
    Row{manager, names::manager, "CanRebootToBootLoaderEntry", "", Way::can_power, "as CanReboot"},
    Row{manager, names::manager, "PowerOff", "b", Way::power, "gnome-session, where a person allowed it"},
    Row{manager, names::manager, "Reboot", "b", Way::power, "gnome-session, where a person allowed it"},
    Row{manager, names::manager, "Suspend", "b", Way::power, "gsd-power, where a person allowed it"},
    Row{manager, names::manager, "Hibernate", "b", Way::power, "gsd-power, where a person allowed it"},
    Row{manager, names::manager, "HybridSleep", "b", Way::power, "gsd-power, where a person allowed it"},
    Row{manager, names::manager, "SuspendThenHibernate", "b", Way::power, "gsd-power, where a person allowed it"},
    // What every object has: GDBus proxies read all properties when they are made.
    Row{any, properties, "Get", "ss", Way::property, "mutter reads Seat, Active and Type of its session"},
    Row{any, properties, "GetAll", "s", Way::all_properties, "every GDBus proxy when it is made"},
    Row{any, introspectable, "Introspect", "", Way::introspection, "busctl, gdbus and d-feet show what is there"},
    Row{any, peer, "Ping", "", Way::ping, "a client sees whether somebody answers"},
};

constexpr std::array refused_rows{
    RefusedRow{names::manager, "PowerOff*", no_power},
    RefusedRow{names::manager, "Reboot*", no_power},
    RefusedRow{names::manager, "Halt*", no_power},
    RefusedRow{names::manager, "Suspend*", no_power},
    RefusedRow{names::manager, "Hibernate*", no_power},
    RefusedRow{names::manager, "HybridSleep*", no_power},
    RefusedRow{names::manager, "Sleep", no_power},
    RefusedRow{names::manager, "ScheduleShutdown", no_power},
    RefusedRow{names::manager, "CancelScheduledShutdown", no_power},
    RefusedRow{names::manager, "SetReboot*", no_power},
    RefusedRow{names::manager, "Terminate*", no_end},
    RefusedRow{names::manager, "Kill*", no_end},
    RefusedRow{names::session, "Terminate", no_end},
    RefusedRow{names::session, "Kill", no_end},
    RefusedRow{names::seat, "Terminate", no_end},
    RefusedRow{names::user, "Terminate", no_end},
    RefusedRow{names::user, "Kill", no_end},
    RefusedRow{names::manager, "CreateSession*", no_creation},
    RefusedRow{names::manager, "ReleaseSession", no_creation},
    RefusedRow{names::manager, "ActivateSession*", no_others},
    RefusedRow{names::manager, "Lock*", no_others},
    RefusedRow{names::manager, "Unlock*", no_others},
    RefusedRow{names::seat, "ActivateSession", no_others},
    RefusedRow{names::manager, "SetUserLinger", no_setting},
    RefusedRow{names::manager, "SetWallMessage", no_setting},
    RefusedRow{names::manager, "AttachDevice", no_setting},
    RefusedRow{names::manager, "FlushDevices", no_setting},
    RefusedRow{names::session, "SetTTY", "the session's terminal was chosen by berth"},
    RefusedRow{names::session, "SetClass", "the session's class was chosen by berth"},
    RefusedRow{names::properties, "Set", no_setting},
    RefusedRow{names::peer, "GetMachineId", "the host's machine id is the host's; read /etc/machine-id"},
};

bool matches(std::string_view pattern, std::string_view member) noexcept {
    if (pattern.ends_with('*')) {
        return member.starts_with(pattern.substr(0, pattern.size() - 1));
    }
    return member == pattern;
}

} // namespace

std::span<const Row> allowed_calls() noexcept {
    return rows;
}

std::span<const RefusedRow> refused_calls() noexcept {
    return refused_rows;
}

const Row* find_row(Target target, std::string_view interface, std::string_view member) noexcept {
    const auto* const found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) {
        return (row.target == target || row.target == Target::any) && row.interface == interface &&
               row.member == member;
    });
    return found == rows.end() ? nullptr : found;
}

std::string_view refusal_sentence(std::string_view interface, std::string_view member) noexcept {
    const auto* const found = std::find_if(refused_rows.begin(), refused_rows.end(), [&](const RefusedRow& row) {
        return row.interface == interface && matches(row.member, member);
    });
    return found == refused_rows.end() ? "this member of logind is not open to a contained desktop" : found->sentence;
}

} // namespace berth::login1
