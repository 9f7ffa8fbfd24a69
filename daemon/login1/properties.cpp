#include "login1/properties.hpp"

#include "login1/values.hpp"

#include <algorithm>
#include <array>

namespace berth::login1 {
namespace {

// org.freedesktop.login1(5), "The Manager Object". Left out: NCurrentSessions and NCurrentInhibitors, which count
// others, WallMessage, and everything that a later systemd adds until somebody has looked at it.
constexpr std::array<std::string_view, 34> manager_shows{
    "BlockInhibited",
    "BlockWeakInhibited",
    "DelayInhibited",
    "Docked",
    "HandleHibernateKey",
    "HandleHibernateKeyLongPress",
    "HandleLidSwitch",
    "HandleLidSwitchDocked",
    "HandleLidSwitchExternalPower",
    "HandlePowerKey",
    "HandlePowerKeyLongPress",
    "HandleRebootKey",
    "HandleRebootKeyLongPress",
    "HandleSuspendKey",
    "HandleSuspendKeyLongPress",
    "HoldoffTimeoutUSec",
    "IdleAction",
    "IdleActionUSec",
    "IdleHint",
    "IdleSinceHint",
    "IdleSinceHintMonotonic",
    "InhibitDelayMaxUSec",
    "InhibitorsMax",
    "KillUserProcesses",
    "LidClosed",
    "NAutoVTs",
    "OnExternalPower",
    "PreparingForShutdown",
    "PreparingForSleep",
    "RuntimeDirectorySize",
    "ScheduledShutdown",
    "SessionsMax",
    "SleepOperation",
    "UserStopDelayUSec",
};

// The same page, "Seat Objects".
constexpr std::array<std::string_view, 7> seat_shows{
    "CanGraphical", "CanMultiSession", "CanTTY", "Id", "IdleHint", "IdleSinceHint", "IdleSinceHintMonotonic",
};

template <std::size_t Size>
Treatment listed(const std::array<std::string_view, Size>& list, std::string_view property) noexcept {
    return std::find(list.begin(), list.end(), property) == list.end() ? Treatment::hide : Treatment::show;
}

} // namespace

Treatment treatment(std::string_view interface, std::string_view property) noexcept {
    if (interface == names::manager) {
        return listed(manager_shows, property);
    }
    if (interface == names::seat) {
        if (property == "Sessions") {
            return Treatment::own_sessions;
        }
        return property == "ActiveSession" ? Treatment::own_or_none : listed(seat_shows, property);
    }
    if (interface == names::user) {
        if (property == "Sessions") {
            return Treatment::own_sessions;
        }
        return property == "Display" ? Treatment::own_or_none : Treatment::show;
    }
    return interface == names::session ? Treatment::show : Treatment::hide;
}

std::string without_children(std::string_view xml) {
    constexpr std::string_view child{"<node name="};
    constexpr std::string_view end{">"};
    std::string text;
    while (true) {
        const auto begin = xml.find(child);
        text.append(xml.substr(0, begin));
        if (begin == std::string_view::npos) {
            return text;
        }
        const auto closed = xml.find(end, begin);
        if (closed == std::string_view::npos) {
            return text; // cut off in the middle of a name: nothing after it can be told from it
        }
        xml.remove_prefix(closed + end.size());
    }
}

} // namespace berth::login1
