#pragma once

#include "relay/frames.hpp"

#include <cstddef>
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

/// Takes stdout and stderr out of an engine's multiplexed stream (relay/frames.hpp). Not tied to a thread.
class ExecStream {
  public:
    /// Keeps at most `longest` bytes of output; what comes after them is dropped.
    explicit ExecStream(std::size_t longest = std::size_t{64} * 1024) : longest_{longest} {}

    /// False when the bytes are not such frames; the stream is of no further use then.
    bool feed(std::string_view bytes);

    /// True when the bytes so far end with a whole frame.
    [[nodiscard]] bool complete() const noexcept { return frames_.complete(); }

    /// stdout and stderr together, in the order in which they came.
    [[nodiscard]] const std::string& output() const noexcept { return output_; }

  private:
    std::size_t longest_;
    std::string output_;
    relay::FrameReader frames_;
};

} // namespace berth::engine
