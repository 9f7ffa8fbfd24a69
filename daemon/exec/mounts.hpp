#pragma once

#include "exec/place.hpp"

/// The jobs of berth-exec: mounts in a container that berth did not make. The process is in the container's mount
/// namespace by then. No allocation.
namespace berth::exec {

constexpr unsigned most_mounts = 8;

/// One mount: a detached one (open_tree(2)) and where it goes, or one that is there.
struct Mount {
    const char* path{nullptr}; ///< the directory it is on, absolute in the container
    int tree{-1};
    std::uint64_t number{0}; ///< of the mount, once it is there; 0: it was left out
    bool if_empty{false};    ///< left out where the container has something there, or lets nothing be put there
    unsigned made{0};        ///< directories that were made for it
};

/// Puts all on their places, or none: what was mounted and made before a failure is gone again. `failed` is the mount
/// that it was about.
bool mount_all(int root, Mount* mounts, unsigned count, unsigned& failed, Trouble& trouble);

/// Takes those away that are still there, by number and not by path, and the directories that were made for them. What
/// somebody else has mounted there, or moved, stays. False with the last trouble; it goes on past it.
bool unmount_all(int root, const Mount* mounts, unsigned count, unsigned& failed, Trouble& trouble);

} // namespace berth::exec
