#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

/// What berthd tells a seat's guard: which terminal is lent to a desktop, and whose death ends the loan. A file of a
/// few lines, RUNTIME/guard/SEAT.lease, so that a guard that was killed knows it again. No allocation.
namespace berth::guard {

/// A process by number and start time (field 22 of /proc/PID/stat, in clock ticks): no later one of that number is it.
struct Process {
    pid_t pid{0}; ///< 0: none
    std::uint64_t start{0};

    bool operator==(const Process&) const = default;
};

struct Lease {
    enum class Word : unsigned char {
        idle,    ///< no terminal is lent
        armed,   ///< restore it when the desktop dies
        restore, ///< berthd gives it back now: whoever is left does, if berthd is not
    };

    Word word{Word::idle};
    unsigned vt{0};     ///< the desktop's terminal, 1..63; not of `idle`
    unsigned home{0};   ///< the terminal to come back to, 1..63
    int keyboard{3};    ///< K_UNICODE (3) or K_XLATE (1), for a keyboard that is found wrong
    Process init;       ///< the desktop's PID 1, by the host's number; none before it runs
    Process leader;     ///< of the session on the seat (berth-seat), which is ended where berthd is not there to do it
    char cgroup[512]{}; ///< the directory of the desktop's control group; "" when it is not known

    bool operator==(const Lease&) const = default;
};

/// "idle", "armed", "restore"
const char* word_for(Lease::Word word);

/// The largest text of a lease, with its NUL.
constexpr std::size_t largest_lease = 1024;

/// Reads a lease. On false `error` names the line and what was expected, and `lease` is idle: a torn or foreign file
/// moves nobody's terminal.
bool read_lease(const char* text, Lease& lease, const char*& error);

/// Writes it as text, with a NUL behind it. Returns the length without that; 0 when it does not fit.
std::size_t print_lease(const Lease& lease, char* buffer, std::size_t size);

/// The start time of a process that lives; false when there is none of that number.
bool start_of(pid_t pid, std::uint64_t& start);

} // namespace berth::guard
