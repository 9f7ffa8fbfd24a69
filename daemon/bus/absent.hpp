#pragma once

#include <array>
#include <string>

namespace berth::bus {

/// True for the errors by which a bus says that nobody owns the name and nobody can be started for it.
inline bool means_absent(const std::string& error_name) {
    constexpr std::array absent{"org.freedesktop.DBus.Error.ServiceUnknown",
                                "org.freedesktop.DBus.Error.NameHasNoOwner", "org.freedesktop.systemd1.NoSuchUnit"};
    for (const char* name : absent) {
        if (error_name == name) {
            return true;
        }
    }
    return error_name.starts_with("org.freedesktop.DBus.Error.Spawn."); // the bus could not start it
}

} // namespace berth::bus
