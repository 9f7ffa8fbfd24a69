#pragma once

#include "relay/frames.hpp"

#include <climits>

#include <cstddef>
#include <string_view>

namespace berth::relay {

/// How a relay ended: berth-relay's exit status.
enum class End : unsigned char {
    ended = 0,       ///< the container's side has ended, and all that it wrote is written
    caller_gone = 1, ///< nobody reads the caller's stdout any more (EPIPE, POLLERR), or its terminal was hung up
    usage = 2,       ///< the program was called wrongly
    cut_off = 3,     ///< the connection ended in the middle of a frame
    garbage = 4,     ///< what came are no frames
    failed = 5,      ///< another system call failed: the caller's disk is full, …
};

/// A sentence's end for it: "the connection ended in the middle of a frame".
const char* what_it_means(End end) noexcept;

/// The descriptors of a relay.
struct Ends {
    int in{0};         ///< the caller's stdin
    int out{1};        ///< … stdout
    int err{2};        ///< … stderr; one that fails is written to no more, and the relay goes on
    int connection{3}; ///< a connected stream socket
};

/// Carries bytes both ways until the container's side ends, in one loop around poll(2).
///
/// The caller's descriptors share their open file descriptions with the caller's shell, so they are never made
/// non-blocking (F_SETFL would reach the shell, too): each is written to when poll(2) says that it takes something, and
/// then at most PIPE_BUF bytes, which a pipe takes without blocking (pipe(7)). The connection is ours alone and used
/// with MSG_DONTWAIT. The end of stdin, or its failure, shuts the connection's writing half down; a reader that is slow
/// holds up nothing but the container's output. SIGPIPE must be ignored. Holds 80 KiB, allocates nothing.
class Pump {
  public:
    Pump(Ends ends, bool framed) noexcept : ends_{ends}, framed_{framed} {}

    Pump(const Pump&) = delete;
    Pump(Pump&&) = delete;
    Pump& operator=(const Pump&) = delete;
    Pump& operator=(Pump&&) = delete;
    ~Pump() = default;

    End run() noexcept;

  private:
    bool next_piece() noexcept;

    [[nodiscard]] int target() const noexcept { return piece_.stream == 2 ? ends_.err : ends_.out; }

    void read_input() noexcept;
    void send_input() noexcept;
    void end_input() noexcept;
    bool receive() noexcept;
    bool write_piece(End& end) noexcept;
    bool turn(bool has_piece, End& end) noexcept;

    static constexpr std::size_t input_size = std::size_t{16} * 1024;
    static constexpr std::size_t output_size = std::size_t{64} * 1024;

    Ends ends_;
    bool framed_;
    FrameReader frames_;
    FrameReader::Piece piece_;  ///< what is to be written next
    std::string_view received_; ///< what comes after it, in output_
    std::string_view to_send_;  ///< in input_
    bool input_open_{true};     ///< stdin has not ended
    bool sending_{true};        ///< the connection's writing half is open
    bool receiving_{true};      ///< the container's side has not ended
    bool err_open_{true};
    bool broken_{false};
    char input_[input_size]{};
    char output_[output_size]{};
};

} // namespace berth::relay
