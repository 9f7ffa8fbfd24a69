#pragma once

#include "base/result.hpp"

#include <string>
#include <vector>

/// A folder of device nodes that is a container's /dev/snd: a tmpfs of its own, in which berth makes and removes the
/// nodes that the container may open. Not the host's folder, since a program in there that sees a node takes it for
/// usable: PipeWire opens a card as soon as its nodes can be accessed (access(2)), and does not try again when the
/// device rule comes later (spa/plugins/alsa/alsa-udev.c). Needs CAP_SYS_ADMIN and CAP_MKNOD.
namespace berth::os {

/// Makes the folder `name` below the directory `parent` one, empty. Ok where it is one.
Result<void> mount_node_folder(int parent, const std::string& name);

/// Makes the nodes in the folder at `path` those of `host_nodes`, by their last names: same number, owner and mode.
/// What is there and is not named is removed; what is named and is no device node now is left out. Nobody can open a
/// new node before all are there, and controls come last ("controlC0"): whoever waits for one by inotify(7) finds the
/// others. failed: the folder is none, or the kernel refuses; what could be done is done.
Result<void> fill_node_folder(const std::string& path, const std::vector<std::string>& host_nodes);

/// The names in the folder at `path`, sorted; none where it is none.
std::vector<std::string> nodes_in_folder(const std::string& path);

} // namespace berth::os
