#pragma once

#include "guard/rules.hpp"

#include <sys/types.h>

#include <cstddef>

/// Leaving the terminal of a desktop that hangs, without ending it.
///
/// While a terminal is VT_PROCESS the kernel sends its owner a signal when another one is asked for, and waits, however
/// long, for VT_RELDISP (drivers/tty/vt/vt_ioctl.c, change_console). That a switch waits can be seen nowhere:
/// VT_GETSTATE, VT_WAITEVENT and POLLPRI on tty0/active know of switches that happened, and VT_RELDISP, which fails
/// with EINVAL where none waits, completes the one that does. But whoever asks opens /dev/tty0 or /dev/console for it
/// (chvt(1), logind), which inotify(7) tells; and a signal that its receiver has not taken is in /proc/PID/status.
/// No allocation. All but SwitchSigns open terminals, which can hang: for a child with a time limit (guard/child.hpp).
namespace berth::guard {

/// Tells when somebody may have asked for a switch. Holds no terminal: an inode that is watched is not open.
class SwitchSigns {
  public:
    SwitchSigns() = default;
    SwitchSigns(const SwitchSigns&) = delete;
    SwitchSigns& operator=(const SwitchSigns&) = delete;
    ~SwitchSigns();

    /// Watches from now on.
    void open();

    /// Readable when there was a sign; -1 where the kernel watches nothing for us: then nobody's wish is known.
    [[nodiscard]] int fd() const { return fd_; }

    /// Takes the signs that came; whether there was one.
    [[nodiscard]] bool take() const;

  private:
    int fd_{-1};
};

/// Where the desktop is.
struct Desktop {
    unsigned vt{0};   ///< its terminal
    unsigned home{0}; ///< the terminal to come back to
    int cgroup{-1};   ///< its control group's directory, or -1
    pid_t init{0};    ///< a process of it beside those of the group, or 0
};

/// An owner that is not among the desktop's processes (logind) cannot be looked at: its signal is never unread.
Look look_at_owner(const Desktop& desktop);

/// What became of a switch.
struct Departure {
    bool asked{false};    ///< a switch was waiting for the owner, or was asked for in here
    bool left{false};     ///< another terminal than the desktop's is visible
    bool in_stead{false}; ///< the owner did not let go: it was done in its stead
    bool forced{false}; ///< by taking the terminal's modes away: the desktop will not hear that it has the screen again
    unsigned visible{0}; ///< the visible terminal
    unsigned masters{0}; ///< cards whose DRM master was taken: an owner that wakes draws on nothing
    std::int64_t took_us{0};
};

/// Completes the switch that waits for the desktop's owner, if one does. The terminal keeps its modes, so that the way
/// back to the desktop is the usual one; what it held as DRM master it may take again then (drm_setmaster_ioctl).
Departure complete_switch(const Desktop& desktop);

/// Shows `home`: asks the owner to let go, completes the switch in its stead after `owner_limit_ms`, and where there is
/// no owner to be asked, or switching is locked, takes the terminal's modes away first.
Departure switch_home(const Desktop& desktop, int owner_limit_ms);

/// For a desktop that was left and runs again: the screen is its own again, unless somebody draws on it by now. Xorg,
/// whose VT_RELDISP fails then, takes the screen back by itself (xf86VTLeave); keyboard and terminal are to be with it.
Departure show_desktop(const Desktop& desktop);

/// As one line of JSON without a line break: {"switched":true,"visible":1,"in_stead":true,"forced":false,"masters":0,
/// "took_us":305}. Returns its length.
std::size_t print_departure(const Departure& departure, char* buffer, std::size_t size);

} // namespace berth::guard
