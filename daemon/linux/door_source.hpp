#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "model/door_item.hpp"

#include <sys/stat.h>

#include <string_view>

namespace berth::os {

/// What a door item is on the host, held by an O_PATH descriptor: what was checked is what will be mounted.
struct DoorSource {
    UniqueFd file;

    struct stat status {};
};

/// True for a path that stays below where it begins: relative, 1 to 4095 bytes, no empty part, no "." and no "..", no
/// NUL.
bool stays_below(std::string_view path) noexcept;

/// Opens what `item` (no text) shows. `root` is followed as the host has it; below it openat2(2) follows no link, no
/// magic link, and enters no other mount: who can write below the root might be able to mount there too (FUSE in a
/// user's own directory), and looking at that would wait for its server. A volume or tmpfs is therefore named as the
/// root itself. invalid_argument: the root is not absolute, the path does not stay below it, or the item is a text.
/// failed: what is there is none of its kind, a link is on the way or at the end, another mount is on the way, it is a
/// node on a mount without devices, or it is not there; the sentence names the path and which of these.
Result<DoorSource> open_source(const model::DoorItem& item);

/// What door_items name by their kind: "a socket".
std::string_view words_for(model::DoorItem::Kind kind) noexcept;

} // namespace berth::os
