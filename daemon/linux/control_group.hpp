#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

/// Where the control groups of processes are, cgroups(7). Any thread; files of /proc are read.
namespace berth::os {

/// Where control groups v2 are mounted by this mountinfo file (proc(5)); "" where they are not.
std::string control_groups_mount(const std::string& mounts = "/proc/self/mountinfo");

/// "/machine.slice/…": a process's group of v2, "" when it has none or is gone.
std::string control_group_of(pid_t pid);

/// The directory of the group that an engine made for a container, which holds all of its processes: the part of the
/// init's group down to the one that has the container's id in its name. v2, and v1 where the engine uses that. "" when
/// the kernel shows none.
std::string control_group_of_container(pid_t init, const std::string& container);

/// The directory of that group in the v1 hierarchy of `controller` ("devices"). "" when there is none.
std::string control_group_of_container(pid_t init, const std::string& container, const std::string& controller);

/// The directories of the v2 groups from that group down to the init's own. Empty when there is none.
std::vector<std::string> control_groups_of_container(pid_t init, const std::string& container);

} // namespace berth::os
