#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "model/ids.hpp"

#include <cstdint>
#include <map>
#include <string>

/// The files of a door itself, by descriptor, and what is mounted on them. `door` is the root of the door's mount
/// everywhere, opened O_PATH or O_RDONLY. Errors name the system call.
namespace berth::os {

/// True when the name may become part of a path: model::ClientId's own rule.
bool is_safe(const model::ClientId& client) noexcept;

/// True for a name in a door: os::ClientDoors' rule.
bool is_door_name(const std::string& name) noexcept;

/// A name in a door, taken apart and its folder opened.
struct DoorPlace {
    UniqueFd folder; ///< of the door's own mount; none where the folder is not there
    std::string last;
};

/// Opens the folder that `name` lies in; with `make`, makes the folders on the way (0755), else a place without a
/// folder is the answer where one is not there. failed where something is shown on the way, or a file is there.
Result<DoorPlace> open_place(int door, const std::string& name, bool make);

/// Makes all folders of `path` (0755) in the door.
Result<void> make_folders(int door, const std::string& path);

/// Opens what is seen at a place, O_PATH, through all mounts on it; links are not followed. The errno is ENOENT where
/// there is nothing.
UniqueFd open_seen(const DoorPlace& place) noexcept;

/// Makes what a mount is put on: an empty directory (0755) or regular file (0444). A file or directory of the door
/// itself that is there already is used where it is of that sort, else removed first. failed: something else is there.
Result<UniqueFd> make_target(const DoorPlace& place, bool is_directory);

/// Removes the file or empty directory at a place. Ok where there is none.
Result<void> remove_target(const DoorPlace& place);

/// What is mounted in the door: each name with the number of the mount that is seen there.
Result<std::map<std::string, std::uint64_t>> mounts_in(int door);

} // namespace berth::os
