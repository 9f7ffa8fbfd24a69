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
    std::uint32_t uid{0}; ///< as whom the desktop sees who connects
    std::uint32_t gid{0};
    std::string cookie{}; ///< of `pulse`: bytes

    bool operator==(const LoopbackPort&) const = default;
};

} // namespace berth::model
