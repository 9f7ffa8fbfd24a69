#pragma once

#include "guard/lease.hpp"

#include <cstdint>

/// What a guard does with what it knows. Pure: no clock, no call to the kernel.
namespace berth::guard {

/// How a wish to see another terminal than the desktop's stands.
enum class Switch : unsigned char {
    none,      ///< nobody is known to have one
    asked,     ///< somebody may have (guard/switching.hpp): it was not looked at yet
    unread,    ///< the kernel has signalled the terminal's owner, and the signal was seen waiting once
    deaf,      ///< and once more, unread_limit_us later: the owner hangs
    taken,     ///< the owner has taken the signal, or it cannot be told whether: it may be about to let go
    left,      ///< a deaf owner's terminal was left in its stead, and its signal is waiting still
    recovered, ///< and now it has taken it: it runs again
};

/// What a look at the terminal and its owner saw (guard/switching.hpp).
struct Look {
    bool process{false};    ///< VT_PROCESS: switches wait for an owner
    bool has_screen{false}; ///< the desktop's terminal is the visible one
    bool unread{false};     ///< one of the desktop's processes has not taken the kernel's signal
};

/// What the guard knows of its seat.
struct Facts {
    Lease::Word word{Lease::Word::idle};
    bool desktop_known{false};         ///< the lease names the desktop's init
    bool desktop_alive{false};         ///< and that process lives
    bool leader_lost{false};           ///< the lease names the session's leader, and that process has ended
    bool daemon_here{false};           ///< berthd holds its connection
    bool daemon_was_here{false};       ///< it did since the guard began
    std::int64_t daemon_gone_at_us{0}; ///< since when it does not
    bool restored{false};              ///< this lease was acted on already
    Switch wish{Switch::none};
    std::int64_t wish_us{0};        ///< the first sign of that wish
    std::int64_t newest_wish_us{0}; ///< and the newest
    std::int64_t looked_us{0};      ///< when it was looked at
};

/// How long berthd has to come back when it died before the desktop had an init that could be watched.
constexpr std::int64_t absence_limit_us = 30'000'000;

/// From a sign to the first look, and from there to the second. Whoever runs takes a signal long before.
constexpr std::int64_t unread_limit_us = 120'000;

/// How long one that has taken it has to let go. Some drivers save a screen for half a second and longer.
constexpr std::int64_t taken_limit_us = 1'500'000;

/// A newer sign gives an owner that has taken its signal that time anew, until this: who asks again and again is heard.
constexpr std::int64_t longest_wish_us = 2 * taken_limit_us;

/// Between two looks at a desktop that was left since it hangs: the one thing that is asked now and then.
constexpr std::int64_t recovery_pause_us = 1'000'000;

enum class Act : unsigned char {
    wait,            ///< nothing to do, until a descriptor says something
    wait_for_daemon, ///< until berthd is there (again), or absence_limit_us after it went
    restore,         ///< the desktop is dead: kill what is left in its group, restore
    end_and_restore, ///< nobody else is there who would: end the desktop and its session, restore
    leave,           ///< nothing is lent, and nobody is there who could lend: the guard ends
    wait_for_owner,  ///< until the terminal's owner had its time
    look_at_owner,   ///< see whether the desktop has the screen still, and whether the owner has taken the signal
    switch_away,     ///< complete the switch in the owner's stead; the desktop goes on
    show_desktop,    ///< give it the screen back
};

/// One decision. A desktop that dies is answered at once, whether berthd is there or not: restoring twice is harmless,
/// and the guard has no engine, bus or queue before it. A living desktop is never ended while berthd may come back to
/// it. One whose session's leader has ended draws and hears nothing any more: berthd, while it is there, takes it down;
/// without berthd it counts as dead.
Act decide(const Facts& facts, std::int64_t now_us) noexcept;

/// Whether a lease that replaces one that was acted on needs nothing more: it is about the same desktop, which is only
/// given back now. One that lends the terminal (again) begins anew.
bool is_still_restored(const Lease& before, const Lease& after) noexcept;

/// What is known of the wish after a look.
Switch after_look(Switch before, const Look& look) noexcept;

/// The word for it in the guard's answers, its own name.
const char* word_for(Switch wish) noexcept;

/// Until when `act` waits, on now_us's clock, unless something happens first; -1 for an act that waits without a limit.
std::int64_t end_of_wait(Act act, const Facts& facts) noexcept;

} // namespace berth::guard
