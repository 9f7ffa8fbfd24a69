#pragma once

#include "base/result.hpp"

#include <sys/types.h>

#include <string>

namespace berth::os {

/// Where a desktop keeps the cookies of its X server, in its XDG_RUNTIME_DIR.
enum class CookieFile {
    xwayland, ///< mutter's: ".mutter-Xwaylandauth." and six characters, a new one each time Xwayland starts
    own,      ///< "berth-xauthority", which the image makes for its Xorg in mode vt
};

/// The newest such file in the directory `runtime`, made good for every host's name (xauth::for_every_host). The
/// desktop can write there: no link is followed, no other mount entered, and only a regular file of `owner` is read, of
/// at most xauth::largest_file bytes. An empty text: there is none. failed, invalid_argument: the directory or the file
/// cannot be read, or is no file of cookies; the sentence has nothing of a cookie. Any thread; one short read.
Result<std::string> desktop_cookies(const std::string& runtime, CookieFile which, uid_t owner);

} // namespace berth::os
