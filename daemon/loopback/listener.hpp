#pragma once

#include "loopback/carrier.hpp"

#include <cstdint>

namespace berth::loopback {

/// What was refused, for a sentence: "bind 127.0.0.1:6000: Address already in use".
struct Trouble {
    const char* step{""};
    int number{0}; ///< errno
};

/// Makes the network namespace of the process behind `pidfd` this process's own (setns(2), Linux 5.8, CAP_SYS_ADMIN),
/// and brings its loopback up. False with `trouble`; with number 0 where it is the one that we have: the host's.
bool enter_network_of(int pidfd, Trouble& trouble) noexcept;

/// A TCP socket that listens on 127.0.0.1, close-on-exec; -1 with `trouble`. A port that is in use is tried again for
/// `patience_ms`: who had it before us is being ended.
int listen_on(std::uint16_t port, int patience_ms, Trouble& trouble) noexcept;

/// Serves connections to `listener` until the process is ended: each is carried to the Unix socket that the O_PATH
/// descriptor `target` is, connect(2) by its name in /proc. At most most_connections at a time; who comes then waits in
/// the kernel's queue. `cookie` as in Carrier. Returns when poll(2) fails. SIGPIPE need not be ignored.
void serve(int listener, int target, Speech speech, const char* cookie) noexcept;

constexpr int most_connections = 64;

} // namespace berth::loopback
