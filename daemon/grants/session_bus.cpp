#include "grants/kinds.hpp"

#include <algorithm>

namespace berth::grants {

std::vector<std::string> bus_names(const model::Grant& grant) {
    const std::string& list = grant.argument;
    std::vector<std::string> names;
    for (std::size_t from = 0; from <= list.size();) {
        const std::size_t comma = std::min(list.find(',', from), list.size());
        if (comma != from) {
            names.push_back(list.substr(from, comma - from));
        }
        from = comma + 1;
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

/// Names on the desktop's session bus, through a filter (xdg-dbus-proxy(1)): never the bus itself, on which anybody may
/// ask the desktop to run a program. The bus lets its own user in and nobody else, so the client's user must have the
/// desktop user's id.
Result<Offer> session_bus(const model::Grant& grant, const Surroundings& from) {
    const auto runtime = runtime_of(model::text_of(grant), from);
    if (!runtime) {
        return runtime.error();
    }
    if (!from.seat.plan) {
        return lacking(model::text_of(grant), "it is not known whose desktop is on seat " + from.seat.name.value);
    }
    const model::DesktopUser& user = from.seat.plan->profile.user;
    Offer result;
    result.bus = model::BusFilter{*runtime, "bus", bus_names(grant), user.uid, user.gid};
    result.environment["DBUS_SESSION_BUS_ADDRESS"] = std::string{"unix:path="} + door_path + "/" + bus_socket;
    return result;
}

} // namespace berth::grants
