#pragma once

#include <cstddef>

namespace berth::loopback {

/// The first packet of a client of PulseAudio's native protocol, PA_COMMAND_AUTH: its version and its cookie
/// (pulseaudio, src/pulse/context.c, setup_context; src/pulsecore/pstream.c for the packet's head, tagstruct.c for its
/// values). The server behind a loopback port looks at no cookie (pipewire-pulse knows none), so it is looked at here,
/// before the server hears a byte. What only a local client can use, memory that both map, is taken out of the
/// version's flags: by its address, a loopback looks local to libpulse.
///
/// No allocation. Not tied to a thread.
class PulseGreeting {
  public:
    static constexpr std::size_t cookie_size = 256; ///< PA_NATIVE_COOKIE_LENGTH
    static constexpr std::size_t most_held = 1024;  ///< bytes of a greeting that are waited for

    enum class Verdict : unsigned char {
        unfinished, ///< more bytes are needed
        welcome,    ///< all that is there may go on
        refused,    ///< another cookie, or no greeting
    };

    /// Looks at all that came so far, from the first byte on. `cookie`: cookie_size bytes.
    static Verdict judge(char* bytes, std::size_t size, const char* cookie) noexcept;
};

} // namespace berth::loopback
