#pragma once

#include <cstdint>

/// One virtual terminal, opened fresh: the parts that tty_restore is made of. No allocation, no exception.
namespace berth::guard {

/// CLOCK_MONOTONIC in microseconds.
std::int64_t now_us();

/// Milliseconds until `end_us`, rounded up; 0 or less when it has passed.
std::int64_t ms_until(std::int64_t end_us);

/// Sleeps without a signal or a descriptor to wait for.
void pause_ms(int milliseconds);

/// /dev/ttyN, or /dev/tty0 for 0. A terminal that is just being hung up answers EIO: tried again 20 times, 5 ms apart.
/// Never the controlling terminal, never blocking. -1 with errno.
int open_tty(unsigned vt);

/// The visible VT by VT_GETSTATE on `fd` (any terminal's), or 0.
unsigned active_vt(int fd);

/// Wrong bits of the terminal `fd`; wrong_termios only when `line` is asked for.
std::uint32_t inspect(int fd, bool line);

/// Mends what is `wrong` by inspect(), and what cannot be asked. Returns Deed bits. The order matters: KD_TEXT comes
/// before any switch away.
std::uint32_t mend(int fd, std::uint32_t wrong, int keyboard, bool line);

/// KD_GRAPHICS → KD_TEXT: the frame buffer console takes the screen back.
void kick(int fd);

/// Asks for `home` and waits at most `limit_ms` until it is the visible one.
bool activate(int fd, unsigned home, int limit_ms);

} // namespace berth::guard
