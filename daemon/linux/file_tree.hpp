#pragma once

#include "base/result.hpp"
#include "base/unique_fd.hpp"

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

/// Directories and small files, by descriptor: no symbolic link is ever followed below what was opened, since the
/// desktop's user writes in some of these folders. Errors name the path and the reason.
namespace berth::os {

/// Opens the directory `path`, making it and its parents (mode 0755) where they are not there.
Result<UniqueFd> make_directories(const std::string& path);

/// Opens the directory `name` below `parent`, making it if needed; its mode and owner are then exactly these.
Result<UniqueFd> make_directory_at(int parent, const std::string& name, mode_t mode, uid_t uid, gid_t gid);

/// Opens the directory `path`, which is ours alone (mode 0700), making it and its parents where they are not there.
Result<UniqueFd> make_private_directory(const std::string& path);

/// How long a file is to last.
enum class Lasts {
    this_boot, ///< it may be lost when the power is: what is below /run means nothing to the next boot
    on_disk,   ///< fsync(2) of it and of its directory: a loss of power leaves the old file or the new one
};

/// Replaces the file `name` below `parent` as a whole or not at all: temporary file, rename. However this process ends,
/// the old file is there or the new one.
Result<void> replace_file_at(int parent, const std::string& name, std::string_view content, mode_t mode,
                             Lasts lasts = Lasts::this_boot);

/// The content of the regular file `name` below `parent`, at most `limit` bytes. A missing file is an error too.
Result<std::string> read_file_at(int parent, const std::string& name, std::size_t limit);

/// The names in the directory `directory`, O_PATH or not, in no order; without "." and "..".
Result<std::vector<std::string>> names_in(int directory);

/// Removes `name` below `parent` and all below it, without crossing into another mount (openat2(2),
/// RESOLVE_NO_XDEV): what is mounted there stays whole and is an error. Ok when nothing is there.
Result<void> remove_tree_at(int parent, const std::string& name);

/// Removes all that is below the directory `parent`; as remove_tree_at.
Result<void> remove_content(int parent);

} // namespace berth::os
