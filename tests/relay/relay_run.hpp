#pragma once

#include "base/unique_fd.hpp"

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace berth::test {

/// A pair of connected descriptors; both are close-on-exec.
using FdPair = std::pair<UniqueFd, UniqueFd>;

FdPair socket_pair();
/// Reading end, writing end.
FdPair pipe_pair();
/// Master, slave; the slave in raw mode.
FdPair pty_pair();

/// Reads until `size` bytes have come, the end, or 10 s.
std::string read_bytes(int fd, std::size_t size);

inline std::string read_to_end(int fd) {
    return read_bytes(fd, static_cast<std::size_t>(-1));
}

/// Writes all of it; false where the other side is gone, or takes nothing for 10 s.
bool write_bytes(int fd, std::string_view bytes);

/// A frame as relay/frames.hpp describes it.
std::string frame(unsigned char stream, std::string_view payload);

/// One running berth-relay. It starts with all signals blocked and a descriptor too many, as from a careless parent.
class RelayRun {
  public:
    /// Its descriptors 0 to 3; the caller's own are closed.
    RelayRun(const char* mode, UniqueFd in, UniqueFd out, UniqueFd err, UniqueFd connection);
    RelayRun(const RelayRun&) = delete;
    RelayRun& operator=(const RelayRun&) = delete;
    ~RelayRun();

    [[nodiscard]] pid_t pid() const { return pid_; }

    /// The exit status, 128 + N after signal N, or -1 when it runs on for 10 s.
    int end();

    /// A line of /proc/PID/status, e.g. of "SigBlk".
    [[nodiscard]] std::string status(const std::string& name) const;

  private:
    pid_t pid_{-1};
    UniqueFd pidfd_;
};

/// The usual one: pipes as the caller's streams.
struct PipedRelay {
    explicit PipedRelay(const char* mode)
        : run{mode, std::move(in.first), std::move(out.second), std::move(err.second), std::move(connection.second)} {}

    FdPair in{pipe_pair()};           ///< .second: ours
    FdPair out{pipe_pair()};          ///< .first: ours
    FdPair err{pipe_pair()};          ///< .first: ours
    FdPair connection{socket_pair()}; ///< .first: ours, the engine's side
    RelayRun run;
};

} // namespace berth::test
