#pragma once

#include <cstddef>
#include <cstdint>

namespace berth::loopback {

/// What one X11 client sends, on its way from TCP to a server that takes who connects to its Unix socket for a local
/// client, and offers what only such a one can use: memory that both map (MIT-SHM), descriptors that are passed (DRI3).
/// Over TCP a client that was told of them breaks: its first picture is an error, or its connection ends (libxcb,
/// "connection closed because of a failed passing of descriptors"). So the question whether they are there
/// (QueryExtension) goes on with a name that no server knows, and the client does as over any network.
///
/// X Window System Protocol, "Connection Setup" and "Request Format"; BIG-REQUESTS for longer requests. Nothing else is
/// looked at or changed: it is the server that judges requests and cookies. No allocation. Not tied to a thread.
class X11Requests {
  public:
    /// More than this is never kept back: a QueryExtension with a name of 64 bytes.
    static constexpr std::size_t most_held = 72;

    /// Takes the next bytes, changing names in them, and says how many of them go on now; the others are given again
    /// with what follows them. However the stream is cut, what goes on is the same.
    std::size_t pass(char* bytes, std::size_t size) noexcept;

    /// These are no X11 client's words; nothing more goes on.
    [[nodiscard]] bool is_broken() const noexcept { return broken_; }

  private:
    std::size_t greet(const char* bytes, std::size_t size) noexcept;
    std::size_t request(char* bytes, std::size_t size) noexcept;
    [[nodiscard]] std::uint32_t number(const char* bytes, std::size_t length) const noexcept;

    std::uint64_t unread_{0}; ///< bytes that go on as they are
    bool greeted_{false};
    bool big_endian_{false};
    bool broken_{false};
};

} // namespace berth::loopback
