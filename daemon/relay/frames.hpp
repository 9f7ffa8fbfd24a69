#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace berth::relay {

/// Takes an engine's multiplexed stream apart: frames of one byte for the stream (0 stdin, 1 stdout, 2 stderr), three
/// zero bytes, a big-endian 32-bit length, and the payload (Docker Engine API, "Attach to a container", "Stream
/// format"; podman speaks the same). Nothing is copied or allocated. Not tied to a thread.
class FrameReader {
  public:
    enum class Step : unsigned char {
        payload,    ///< a piece of a payload was taken
        needs_more, ///< the bytes are used up
        broken,     ///< they are no such frames; the stream is of no further use
    };

    struct Piece {
        unsigned char stream{0};
        std::string_view bytes; ///< into what was fed, never empty
    };

    /// Takes the next piece off the front of `bytes`, however they were cut.
    Step next(std::string_view& bytes, Piece& piece) noexcept;

    /// True when the bytes so far end with a whole frame.
    [[nodiscard]] bool complete() const noexcept { return header_size_ == 0 && payload_left_ == 0; }

  private:
    bool take_header() noexcept;

    static constexpr std::size_t header_length = 8;
    unsigned char header_[header_length]{};
    std::size_t header_size_{0};
    std::uint32_t payload_left_{0};
    bool broken_{false};
};

} // namespace berth::relay
