#pragma once

#include <compare>
#include <string>

namespace berth::model {

/// One thing that a client container sees in its door, /run/berth. What is shown is a bind mount on the host side of
/// the door, which propagates into the container (mount_namespaces(7)); a `text` is a file of the door itself.
struct DoorItem {
    enum class Kind {
        socket,    ///< a Unix socket
        node,      ///< a device node
        directory, ///< a folder with all in it
        file,      ///< a regular file
        text,      ///< `content`, made by berthd
    };

    std::string name; ///< below the door: "wayland-0", "x11/X0", "dri/renderD128"
    Kind kind{Kind::socket};
    /// Host folder that only the host can change: followed as it is, e.g. "/dev" or a seat's runtime directory.
    std::string root;
    /// Below `root`. A container may write there: no link is followed on the way, none at the end, and what is found
    /// must be of `kind` (openat2(2), RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS). Empty: `root`.
    std::string path;
    std::string content{}; ///< of a `text`; bytes
    bool writable{false};  ///< a directory or file that may be written to through the door

    bool operator==(const DoorItem&) const = default;
};

} // namespace berth::model
