#pragma once

#include "guard/lease.hpp"

#include <cstdint>

/// What a guard does with what it knows. Pure: no clock, no call to the kernel.
namespace berth::guard {

/// What the guard knows of its seat.
struct Facts {
    Lease::Word word{Lease::Word::idle};
    bool desktop_known{false};         ///< the lease names the desktop's init
    bool desktop_alive{false};         ///< and that process lives
    bool daemon_here{false};           ///< berthd holds its connection
    bool daemon_was_here{false};       ///< it did since the guard began
    std::int64_t daemon_gone_at_us{0}; ///< since when it does not
    bool restored{false};              ///< this lease was acted on already
};

/// How long berthd has to come back when it died before the desktop had an init that could be watched.
constexpr std::int64_t absence_limit_us = 30'000'000;

enum class Act : unsigned char {
    wait,            ///< nothing to do, until a descriptor says something
    wait_for_daemon, ///< until berthd is there (again), or absence_limit_us after it went
    restore,         ///< the desktop is dead: kill what is left in its group, restore
    end_and_restore, ///< nobody else is there who would: end the desktop and its session, restore
    leave,           ///< nothing is lent, and nobody is there who could lend: the guard ends
};

/// One decision. A desktop that dies is answered at once, whether berthd is there or not: restoring twice is harmless,
/// and the guard has no engine, bus or queue before it. A living desktop is never ended while berthd may come back to
/// it.
Act decide(const Facts& facts, std::int64_t now_us) noexcept;

} // namespace berth::guard
