#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Who holds a seat's screen, keyboard and terminals, as plain values: what the readers find out and what the advice is
/// made from.
namespace berth::explain {

/// A process, by number and the name that the kernel has of it.
struct Process {
    int pid{0};
    std::string name; ///< /proc/PID/comm, at most 15 bytes
    char state{'?'};  ///< as in proc(5): R, S, D, Z, T, …; '?' when it is gone or not readable

    bool operator==(const Process&) const = default;
};

/// Something that could not be read.
struct Gap {
    std::string what;
    std::string why;

    bool operator==(const Gap&) const = default;
};

/// What the kernel says of a terminal, console_ioctl(4).
struct Modes {
    bool graphics{false};        ///< KD_GRAPHICS: the kernel writes no text there
    bool process_switches{true}; ///< VT_PROCESS: a process lets go of it, not the kernel alone
    int keyboard{-1};            ///< K_RAW 0, K_XLATE 1, K_MEDIUMRAW 2, K_UNICODE 3, K_OFF 4

    bool operator==(const Modes&) const = default;
};

/// A virtual terminal that matters: the visible one, the desktop's and the one to come back to.
struct Terminal {
    unsigned number{0};
    bool visible{false};
    bool lent{false}; ///< the desktop's
    bool home{false};
    bool allocated{true};         ///< false: nobody has opened it, so it has no modes
    std::optional<Modes> modes;   ///< nothing: it could not be asked
    std::vector<Process> holders; ///< who has /dev/ttyN open
};

/// A graphics card.
struct Card {
    std::string name; ///< "card0"
    std::string seat;
    bool master_known{false}; ///< false: nobody could be asked
    std::optional<Process> master;
    std::vector<Process> holders; ///< who has it open
};

/// A keyboard, a mouse, a button.
struct Input {
    std::string name;  ///< "event3"
    std::string title; ///< as the device calls itself, or ""
    std::string seat;
    std::vector<Process> holders;
};

/// A session of logind.
struct Session {
    std::string id;
    std::string user;
    unsigned uid{0};
    std::string state; ///< "active", "online" or "closing"
    bool active{false};
    std::string seat; ///< "" for one from afar
    unsigned vt{0};   ///< 0: none
    std::string type; ///< "wayland", "x11", "tty", …
    std::string service;
    Process leader;
    std::vector<Process> processes; ///< what runs in its scope
};

/// What the lease file says that berthd writes for the guard.
struct Lease {
    enum class State : std::uint8_t {
        none,       ///< no file
        unreadable, ///< a file, not for us
        torn,       ///< a file that is no lease; `trouble` says why
        idle,       ///< no terminal is lent
        armed,      ///< the terminal comes back when the desktop dies
        restore,    ///< berthd is giving it back
    };

    State state{State::none};
    unsigned vt{0};
    unsigned home{0};
    Process init;           ///< the desktop's PID 1, by the host's number; pid 0: not known
    bool init_lives{false}; ///< and it is that one still
    std::string trouble;

    [[nodiscard]] bool lends() const { return state == State::armed || state == State::restore; }
};

/// Whether a program answers.
enum class Presence : std::uint8_t {
    absent,
    silent,  ///< it is there, and did not answer in time
    here,    ///< it answered
    unasked, ///< it could not be asked; `trouble` says why
};

/// What the seat's guard says of itself.
struct Guard {
    Presence presence{Presence::absent};
    std::string word; ///< "idle", "armed", "restore"
    unsigned vt{0};
    std::string desktop; ///< "alive", "dead", "unknown"
    bool berthd{false};  ///< berthd is connected to it
    bool restored{false};
    std::optional<bool> verified; ///< of its last report: the terminal was found in order afterwards
    std::string report;           ///< that report, as JSON; "" when there is none
    std::string trouble;
};

/// What berthd says of the seat.
struct Berthd {
    Presence presence{Presence::absent};
    int pid{0};             ///< 0: not known
    bool knows_seat{false}; ///< the rest is empty otherwise
    std::string state;      ///< "vacant", "seated", …
    std::string mode;
    std::string desktop;
    unsigned vt{0};
    std::string failed_step;
    std::string failure; ///< the error's name and a sentence, "" when nothing failed
    std::string trouble; ///< why it did not answer
};

struct Facts {
    std::string seat;
    bool root{false};         ///< whoever asks may read all
    unsigned visible{0};      ///< the visible terminal; 0: not known, or a seat without terminals
    std::uint32_t console{0}; ///< guard::Wrong bits of the frame buffer console and the screens
    bool sees_all{false};     ///< the open files of every process could be read
    std::vector<Terminal> terminals;
    std::vector<Card> cards;
    std::vector<Input> inputs;
    std::vector<Session> sessions;
    Lease lease;
    Guard guard;
    Berthd berthd;
    std::vector<Gap> gaps;
};

/// True when anything at all was found out.
bool is_anything_known(const Facts& facts);

/// Only seat0 has virtual terminals (logind's CanTTY).
inline bool has_terminals(const std::string& seat) {
    return seat == "seat0";
}

/// "gnome-shell (1234)", with ", stopped", ", in the kernel" or ", dead" where it is.
std::string text_of(const Process& process);

/// All of them, separated by commas; the fifth and later ones as a number.
std::string text_of(const std::vector<Process>& processes);

/// "off", "unicode", "raw", …
std::string keyboard_text(int mode);

/// K_OFF, K_RAW and K_MEDIUMRAW: keys reach a program that reads them raw, or nobody.
bool is_keyboard_off(const Modes& modes);

} // namespace berth::explain
