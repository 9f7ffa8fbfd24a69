#pragma once

#include <cstddef>
#include <cstdint>

/// Gives a virtual terminal back to people after whoever had it died, hung or lied: text mode, keyboard on, home VT
/// visible, checked against the kernel. Allocates nothing, needs nothing but libc, keeps no tty open between calls,
/// never waits for a switch in the kernel (no VT_WAITACTIVE), and may be run at any time, any number of times.
/// Kernel side: drivers/tty/vt/vt_ioctl.c, console_ioctl(4), tty_ioctl(4). Needs CAP_SYS_TTY_CONFIG and
/// CAP_SYS_ADMIN.
namespace berth::guard {

/// Facts of one terminal that are not as they should be; a set of bits.
enum Wrong : std::uint32_t {
    wrong_node = 1U << 0U,      ///< /dev/ttyN cannot be opened
    wrong_process = 1U << 1U,   ///< VT_PROCESS: switches wait for a process
    wrong_graphics = 1U << 2U,  ///< KD_GRAPHICS: nothing is drawn, switches are ignored
    wrong_keyboard = 1U << 3U,  ///< K_OFF, K_RAW or K_MEDIUMRAW: keys reach nobody
    wrong_exclusive = 1U << 4U, ///< TIOCEXCL: a getty cannot open it
    wrong_termios = 1U << 5U,   ///< raw or without echo
    wrong_active = 1U << 6U,    ///< the home VT is not the visible one
    wrong_console = 1U << 7U,   ///< no frame buffer console is bound: text is drawn nowhere (told of the home VT)
    wrong_screen = 1U << 8U,    ///< screens are plugged in and none is driven: all are black (told of the home VT)
};

/// What was done to one terminal; a set of bits.
enum Deed : std::uint32_t {
    did_unlock = 1U << 0U,    ///< VT_UNLOCKSWITCH (its state cannot be asked)
    did_hangup = 1U << 1U,    ///< TIOCVHANGUP: every other holder's descriptor is dead
    did_auto = 1U << 2U,      ///< VT_SETMODE VT_AUTO
    did_text = 1U << 3U,      ///< KDSETMODE KD_TEXT
    did_kick = 1U << 4U,      ///< KD_GRAPHICS and back, so that the console draws though it was in KD_TEXT already
    did_keyboard = 1U << 5U,  ///< KDSKBMODE
    did_exclusive = 1U << 6U, ///< TIOCNXCL
    did_termios = 1U << 7U,   ///< tcsetattr to a sane line discipline
    did_activate = 1U << 8U,  ///< VT_ACTIVATE
    did_masters = 1U << 9U,   ///< DRM master was taken from a process that has not gone
    did_revoke = 1U << 10U,   ///< input devices of such a process were revoked
    did_rebind = 1U << 11U,   ///< the frame buffer console was bound again
    did_sysrq = 1U << 12U,    ///< SysRq "r"
};

struct Request {
    unsigned vt{0};     ///< the desktop's terminal, 1..63
    unsigned home{0};   ///< the terminal to come back to, 1..63; may be the same
    int keyboard{3};    ///< mode for a keyboard that is found wrong: K_UNICODE (3) or K_XLATE (1)
    bool hangup{false}; ///< cut off whoever still holds `vt`; only for a terminal of our own
    int cgroup{-1};     ///< the desktop's control group (its directory): what is left in it loses screen and keyboard
};

struct TtyReport {
    unsigned vt{0};
    std::uint32_t found{0};     ///< Wrong bits before the first deed
    std::uint32_t done{0};      ///< Deed bits
    std::uint32_t remaining{0}; ///< Wrong bits at the end
};

struct Report {
    static constexpr std::size_t most_ttys = 3;

    bool verified{false};        ///< no bit remains anywhere
    TtyReport ttys[most_ttys]{}; ///< `vt`; `home` if another; the visible one if it had to be mended too
    std::size_t count{0};        ///< how many of `ttys` are used
    unsigned rounds{0};
    std::int64_t took_us{0};
    std::int64_t mended_at_us{0}; ///< CLOCK_MONOTONIC after the last deed, before it was verified for the last time
};

/// Restores and verifies: at most 5 rounds, then the rescue ladder (console bound again, SysRq) and one round more; at
/// most 4 s in all, unless an ioctl hangs in the kernel: whoever cannot wait for that runs it in a child with a time
/// limit, as berthd and berth-guard do. The hangup, which is known to hang, comes when the home VT is in front already.
Report restore(const Request& request);

/// For when nothing was recorded: the visible VT, and itself as home, or VT 1 when it is in graphics mode (VT 2 when
/// VT 1 itself is). False when the machine has no virtual terminals.
bool guess(Request& request);

/// The words for one bit: "VT_PROCESS", "KD_TEXT"; "" for anything else.
const char* word_for(Wrong bit);
const char* word_for(Deed bit);

constexpr std::uint32_t last_wrong = wrong_screen;
constexpr std::uint32_t last_deed = did_sysrq;

/// The report as one line of JSON, {"verified":true,"found":["tty7: KD_GRAPHICS"],"done":[…],"remaining":[],
/// "rounds":1,"took_us":152}, into `buffer` (4096 bytes are always enough). Returns its length, without a line break.
std::size_t print_json(const Report& report, char* buffer, std::size_t size);

} // namespace berth::guard
