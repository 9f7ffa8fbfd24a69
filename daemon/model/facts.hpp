#pragma once

#include "model/profile.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace berth::model {

/// What a claimed virtual terminal was, and what must come back (console_ioctl(4)).
struct VtClaim {
    std::uint32_t vt{0};           ///< the desktop's VT, e.g. 7
    std::uint32_t home{0};         ///< the VT that was active before and will be again
    std::int32_t keyboard_mode{3}; ///< KDGKBMODE of the home VT; K_UNICODE is 3. Never K_OFF or K_RAW.

    bool operator==(const VtClaim&) const = default;
};

/// What restoring a VT found wrong, did, and could verify at the end.
struct RestoreReport {
    bool verified{false};               ///< every check passed: VT_AUTO, KD_TEXT, keyboard on, home VT active
    std::vector<std::string> found;     ///< what was wrong, e.g. "tty7: KD_GRAPHICS"
    std::vector<std::string> done;      ///< what was done, e.g. "tty7: KD_TEXT"
    std::vector<std::string> remaining; ///< what is still wrong
    std::int64_t took_us{0};

    bool operator==(const RestoreReport&) const = default;
};

/// A session of the host's logind on the seat, led by berth-seat@SEAT.service (org.freedesktop.login1(5)).
struct SeatLease {
    std::string session;    ///< its id, e.g. "5"
    std::uint32_t vt{0};    ///< the session's VT; 0: the seat has none
    std::int32_t leader{0}; ///< PID of berth-seat

    bool operator==(const SeatLease&) const = default;
};

/// A container's door and what else of the seat lives on the host (daemon/README.md, "The door").
struct DoorPaths {
    std::string door;            ///< host side of the container's /run/berth
    std::string runtime;         ///< host side of the desktop user's XDG_RUNTIME_DIR
    std::string machine_id_file; ///< bound to the container's /etc/machine-id
    std::string machine_id;      ///< 32 lowercase hexadecimal digits, machine-id(5)
    std::string system_bus{};    ///< host side of the desktop's /run/dbus, in mode `logind`

    bool operator==(const DoorPaths&) const = default;
};

/// Host side of the desktop's /run/systemd/{sessions,users,seats} in mode `logind`; it lies beside the bus.
inline std::string login_files(const DoorPaths& door) {
    return door.system_bus.substr(0, door.system_bus.rfind('/')) + "/login";
}

/// Host side of the desktop's /dev/snd in mode `logind`: nodes that berth makes there; it lies beside the bus, too.
inline std::string sound_nodes(const DoorPaths& door) {
    return door.system_bus.substr(0, door.system_bus.rfind('/')) + "/snd";
}

/// What the session said of itself by SessionReady, e.g. "display" → ":0", "wayland-display" → "wayland-0".
using SessionFacts = std::map<std::string, std::string>;

/// What the host offers, as found when berthd started.
struct HostFacts {
    bool virtual_terminals{false};               ///< /dev/tty0 answers VT_GETSTATE
    bool graphics{false};                        ///< a DRM card node exists
    bool logind{false};                          ///< systemd and its logind run, and berthd is on their bus
    std::map<std::string, std::uint32_t> groups; ///< ids of the groups that profiles may name

    bool operator==(const HostFacts&) const = default;
};

/// A desktop container that an earlier berthd left behind.
struct Leftover {
    std::string seat;
    std::string container; ///< full id
    std::int32_t init_pid{0};
    VtClaim vt;         ///< all zero when it had none
    bool paused{false}; ///< its processes are paused

    bool operator==(const Leftover&) const = default;
};

} // namespace berth::model
