#pragma once

#include "explain/places.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace berth::explain {

/// What one walk over all processes finds.
struct Processes {
    /// Who has which device open, by its name below /dev: "tty7", "dri/card0", "input/event3". Sorted by pid.
    std::map<std::string, std::vector<Process>> holders;
    /// What runs in a session's scope (session-ID.scope of systemd), by the session.
    std::map<std::string, std::vector<Process>> of_session;
    std::vector<Process> unreadable; ///< whose open files are not for us
    int error{0};                    ///< errno of the folder itself

    [[nodiscard]] std::vector<Process> holders_of(const std::string& device) const;
};

/// Reads PROC/PID/{stat,comm,cgroup,fd} of every process. One that ends meanwhile is left out. A device is known by the
/// path that it was opened by, and by what is there: a container may have made a pipe of that name.
Processes read_processes(const Places& places);

/// One process; nothing when there is none of that number.
std::optional<Process> find_process(const Places& places, int pid);

/// When it started, in clock ticks after boot (field 22 of /proc/PID/stat); nothing when there is none of that number.
std::optional<std::uint64_t> start_of(const Places& places, int pid);

/// The session of a process by the text of its cgroup file, or "".
std::string session_of(const std::string& cgroup);

} // namespace berth::explain
