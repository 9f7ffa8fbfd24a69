#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace berth::model {

/// A port of a client's own loopback, 127.0.0.1 in its network namespace, behind which a socket of its desktop is: for
/// programs that know TCP alone. Nobody else reaches it.
struct LoopbackPort {
    enum class Speech {
        x11,   ///< the X server asks for the cookie
        pulse, ///< PulseAudio's native protocol: the cookie is asked for at the port
    };

    std::uint16_t port{0};
    Speech speech{Speech::x11};
    std::string root;     ///< as in DoorItem
    std::string path;     ///< the socket below it
    std::uint32_t uid{0}; ///< the desktop's user, whose socket it is
    std::uint32_t gid{0};
    std::string cookie{}; ///< of `pulse`: bytes

    bool operator==(const LoopbackPort&) const = default;
};

/// 256 random bytes by which a client shows that it may, in a file of its own: PulseAudio's library opens it for
/// writing (pulsecore/authkey.c), so the client may do that, to nobody's harm but its own.
struct CookieFile {
    std::string folder; ///< on the host, root's alone
    std::string name;
    std::string bytes;

    bool operator==(const CookieFile&) const = default;
};

} // namespace berth::model
