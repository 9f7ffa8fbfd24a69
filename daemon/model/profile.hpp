#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace berth::model {

/// Whether `text` can name a profile, and so its file: 1 to 64 of letters, digits, '.', '_' and '-', a letter or digit
/// first. It can neither climb nor hide.
bool is_profile_name(std::string_view text) noexcept;

/// How a desktop gets its screen (daemon/README.md, "Seat modes").
enum class SeatMode {
    automatic, ///< `logind` where the host's seat can be had from it, else `vt` where there is a screen, else
               ///< `headless`
    headless,  ///< a virtual monitor, no VT
    vt,        ///< Xorg on a virtual terminal of its own, devices passed in, a privileged container
    logind,    ///< Wayland on the host's own logind seat, an unprivileged container
};

/// What a graphics card means to a desktop that runs already (packaging/schemas/desktop.schema.json).
enum class LateCards {
    automatic, ///< `reseat` in mode vt, where X takes no card later; else `forward`
    forward,   ///< the compositor is told
    reseat,    ///< it is not told: the desktop is taken down and up again
    ignore,    ///< it is not told, and uses it the next time that it comes up
};

struct DesktopUser {
    std::string name{"berth"};
    std::uint32_t uid{1000};
    std::uint32_t gid{1000};
    std::vector<std::string> groups; ///< by name; their numbers inside are made the host's

    bool operator==(const DesktopUser&) const = default;
};

struct DisplaySize {
    std::uint32_t width{1280};
    std::uint32_t height{720};

    bool operator==(const DisplaySize&) const = default;
};

struct ProfileVolume {
    std::string source; ///< absolute host path
    std::string target; ///< absolute path in the container
    bool readonly{false};

    bool operator==(const ProfileVolume&) const = default;
};

/// A host path given to the desktop in `vt` mode: a node or a directory of nodes.
struct ProfileDevice {
    std::string path;
    bool optional{false}; ///< written with a trailing "?" in the profile: no error when the host lacks it

    bool operator==(const ProfileDevice&) const = default;
};

/// Time limits, in seconds.
struct ProfileTimeouts {
    std::uint32_t start_s{120};      ///< from the container's start to the shell's answer
    std::uint32_t end_session_s{10}; ///< for the session to end when asked
    std::uint32_t stop_s{20};        ///< for systemd in the container to stop
    std::uint32_t kill_s{5};         ///< for the kernel to reap what SIGKILL hit

    bool operator==(const ProfileTimeouts&) const = default;
};

/// desktops/NAME.json, read and validated (packaging/schemas/desktop.schema.json).
struct DesktopProfile {
    std::string name; ///< the file's name without ".json"
    std::string description;
    std::string image;
    DesktopUser user;
    SeatMode mode{SeatMode::automatic};
    bool log_in_again{false}; ///< after a logout a new session begins in the same container; else the desktop ends
    LateCards late_cards{LateCards::automatic};
    DisplaySize display;
    std::string network{"none"};
    std::vector<ProfileDevice> devices;
    std::vector<std::string> cdi; ///< devices of CDI specs on the host, "nvidia.com/gpu=all"
    std::vector<ProfileVolume> volumes;
    std::map<std::string, std::string> environment;
    std::vector<std::string> may_run; ///< apps that the desktop may start beside it, by their profiles' names; "*": all
    std::vector<std::string> probe;   ///< argv run as the user in the container; exit code 0: the shell answers
    ProfileTimeouts timeouts;

    bool operator==(const DesktopProfile&) const = default;
};

} // namespace berth::model
