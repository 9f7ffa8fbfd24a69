#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace berth::engine {

/// Cuts a stream of newline-delimited JSON into its lines, however the bytes arrive. Not tied to a thread.
class LineSplitter {
  public:
    using Sink = std::function<void(std::string_view line)>;

    /// A line that grows beyond `longest` bytes is not an engine's event: `feed` then says false.
    explicit LineSplitter(std::size_t longest = std::size_t{1024} * 1024) : longest_{longest} {}

    /// Calls `sink` for each line that is now complete, without its newline; empty lines are left out.
    /// False when a line is too long; the stream is of no further use then.
    bool feed(std::string_view bytes, const Sink& sink);

  private:
    std::size_t longest_;
    std::string pending_;
};

/// Takes stdout and stderr out of an engine's multiplexed stream: frames of one byte for the stream (0 stdin,
/// 1 stdout, 2 stderr), three zero bytes, a big-endian 32-bit length, and the payload (Docker Engine API, "Attach to a
/// container", "Stream format"; podman speaks the same). Not tied to a thread.
class ExecStream {
  public:
    /// Keeps at most `longest` bytes of output; what comes after them is dropped.
    explicit ExecStream(std::size_t longest = std::size_t{64} * 1024) : longest_{longest} {}

    /// False when the bytes are not such frames; the stream is of no further use then.
    bool feed(std::string_view bytes);

    /// True when the bytes so far end with a whole frame.
    [[nodiscard]] bool complete() const noexcept { return header_size_ == 0 && payload_left_ == 0; }

    /// stdout and stderr together, in the order in which they came.
    [[nodiscard]] const std::string& output() const noexcept { return output_; }

  private:
    bool take_header();

    static constexpr std::size_t header_length = 8;
    std::size_t longest_;
    std::string output_;
    unsigned char header_[header_length]{};
    std::size_t header_size_{0};
    std::uint32_t payload_left_{0};
};

} // namespace berth::engine
