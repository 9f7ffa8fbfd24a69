#include "explain/advice.hpp"

#include "guard/tty_restore.hpp"

#include <algorithm>

namespace berth::explain {

namespace {

using All = std::vector<Advice>;

bool is_alive(const Process& process) {
    return process.pid > 0 && process.state != 'Z' && process.state != 'X';
}

bool has_open(const std::vector<Process>& holders, const Process& process) {
    return std::any_of(holders.begin(), holders.end(), [&](const Process& each) { return each.pid == process.pid; });
}

/// Those who wait at a text terminal, or keep one for others: never the ones who draw.
bool only_keeps_terminals(const Process& process) {
    return process.name == "agetty" || process.name == "getty" || process.name == "login" ||
           process.name == "systemd-logind";
}

bool draws(const Process& process, const Facts& facts) {
    return !only_keeps_terminals(process) && std::any_of(facts.cards.begin(), facts.cards.end(), [&](const Card& card) {
        return has_open(card.holders, process) || (card.master && card.master->pid == process.pid);
    });
}

bool berthd_has_desktop(const Facts& facts) {
    return facts.berthd.presence == Presence::here && facts.berthd.knows_seat && facts.berthd.state != "vacant" &&
           facts.berthd.state != "held";
}

/// berthd said what is on the seat.
bool has_berthd_said(const Facts& facts) {
    return facts.berthd.presence == Presence::here && facts.berthd.knows_seat;
}

/// Nothing of berth is on the seat, as far as anybody says. Without berthd it is the lease that does, and there is one
/// only for a seat with terminals.
bool is_vacant(const Facts& facts) {
    const bool nothing_lent = facts.lease.state == Lease::State::none || facts.lease.state == Lease::State::idle;
    return has_berthd_said(facts) ? !berthd_has_desktop(facts) : has_terminals(facts.seat) && nothing_lent;
}

std::string name_of(const Terminal& terminal) {
    return "tty" + std::to_string(terminal.number);
}

/// The command that restores; berthd, which is asked first, has to answer.
std::string restore_command(const Facts& facts) {
    return facts.berthd.presence == Presence::silent ? "systemctl restart berthd; berth restore-tty"
                                                     : "berth restore-tty";
}

/// Who of those that never draw has it open, or that nobody has.
std::string seen_with(const std::vector<Process>& living, const Facts& facts) {
    const std::string whom = facts.sees_all ? "" : " of those that could be read";
    return living.empty() ? "no process" + whom + " has it open" : "only " + text_of(living) + " has it open" + whom;
}

/// Everybody who could let go of it has been stopped (SIGSTOP).
bool all_are_stopped(const std::vector<Process>& processes) {
    return !processes.empty() && std::all_of(processes.begin(), processes.end(), [](const Process& process) {
        return process.state == 'T' || process.state == 't';
    });
}

void advise_on_graphics(const Terminal& terminal, const Facts& facts, All& all) {
    const std::string keyboard = is_keyboard_off(*terminal.modes) ? " and its keyboard is off" : "";
    const std::string begin =
        name_of(terminal) + (terminal.visible ? ", which is visible," : "") + " is in graphics mode" + keyboard;
    std::vector<Process> living;
    std::copy_if(terminal.holders.begin(), terminal.holders.end(), std::back_inserter(living), is_alive);
    const Owner owner = owner_of(terminal, facts);
    if (all_are_stopped(living)) {
        all.push_back({false, begin + "; who has it open is stopped: " + text_of(living),
                       "kill -CONT " + std::to_string(living[0].pid) + ", or " + restore_command(facts)});
    } else if (owner == Owner::none) {
        all.push_back(
            {false, begin + ", and " + seen_with(living, facts) + ": nobody draws there", restore_command(facts)});
    } else if (owner == Owner::doubtful && terminal.visible) {
        all.push_back({false,
                       begin + "; " + text_of(living) + " has it open, but no graphics card. If the screen is dead:",
                       restore_command(facts)});
    }
}

void advise_on_terminals(const Facts& facts, All& all) {
    for (const Terminal& terminal : facts.terminals) {
        if (!terminal.modes || (terminal.lent && !terminal.visible && !terminal.home)) {
            continue; // one that is lent and not shown disturbs nobody
        }
        if (terminal.modes->graphics) {
            advise_on_graphics(terminal, facts, all);
        } else if (is_keyboard_off(*terminal.modes)) {
            all.push_back({false,
                           name_of(terminal) + " shows text, and its keyboard is " +
                               keyboard_text(terminal.modes->keyboard) + ": what is typed goes nowhere",
                           restore_command(facts)});
        } else if (terminal.visible && (facts.console & (guard::wrong_console | guard::wrong_screen)) != 0) {
            const bool unbound = (facts.console & guard::wrong_console) != 0;
            all.push_back({false,
                           name_of(terminal) + " shows text, but " +
                               (unbound ? "no frame buffer console is bound: it is drawn nowhere"
                                        : "every screen that is plugged in is dark"),
                           restore_command(facts)});
        }
    }
}

bool is_lent(const Facts& facts) {
    return facts.lease.lends() || (has_terminals(facts.seat) && berthd_has_desktop(facts) && facts.berthd.vt != 0);
}

void advise_on_guard(const Facts& facts, All& all) {
    const std::string unit = "berth-guard@" + facts.seat;
    const Guard& guard = facts.guard;
    if (facts.lease.state == Lease::State::torn) {
        all.push_back({false,
                       "the guard's lease is torn (" + facts.lease.trouble +
                           "): after a crash nobody would know which terminal to restore",
                       "berth down"});
    }
    if (guard.presence == Presence::absent && is_lent(facts)) {
        const std::string vt = std::to_string(facts.lease.lends() ? facts.lease.vt : facts.berthd.vt);
        all.push_back({false,
                       "tty" + vt + " is lent to a desktop and no guard runs: should the desktop die, the " +
                           "terminal may stay dead",
                       "systemctl start " + unit});
    } else if (guard.presence == Presence::silent) {
        all.push_back({false, "the guard does not answer: it hangs or is stopped", "systemctl restart " + unit});
    } else if (guard.presence == Presence::here && guard.verified == false) {
        all.push_back({false, "the guard could not give the text terminal back: " + guard.report,
                       restore_command(facts) + "; if the keyboard is dead: SysRq + R, then Ctrl+Alt+F1"});
    } else if (guard.presence == Presence::here && guard.word != "idle" && !guard.berthd &&
               facts.berthd.presence == Presence::here) {
        all.push_back({false, "berthd is not connected to the guard", "systemctl restart berthd"});
    }
}

void advise_on_seat(const Berthd& berthd, const Facts& facts, All& all) {
    const std::string seat = facts.seat == "seat0" ? "" : " --seat " + facts.seat;
    const std::string why = berthd.failure.empty() ? "not said" : berthd.failed_step + ": " + berthd.failure;
    if (!berthd.knows_seat) {
        all.push_back({false, "berthd has no seat of that name", "berth status; loginctl list-seats"});
    } else if (berthd.state == "held") {
        all.push_back({false, "the seat is held and takes no desktop; why: " + why,
                       "berth down" + seat + ", then berth up" + seat});
    } else if (berthd.state == "frozen") {
        all.push_back({false, "the desktop " + berthd.desktop + " is frozen", "berth thaw" + seat});
    } else if (berthd.state == "vacant" && !berthd.failure.empty()) {
        all.push_back({false, "the last desktop failed; why: " + why, "journalctl -b -u berthd; berth up" + seat});
    } else if (berthd.state != "vacant" && berthd.state != "seated") {
        all.push_back({false, "the seat is " + berthd.state + ": that takes its time", "berth monitor"});
    }
}

void advise_on_berthd(const Facts& facts, All& all) {
    const Berthd& berthd = facts.berthd;
    const std::string pid = berthd.pid == 0 ? "" : " (process " + std::to_string(berthd.pid) + ")";
    switch (berthd.presence) {
    case Presence::absent:
        all.push_back({false,
                       "berthd is not on the bus" + (pid.empty() ? "" : ", though it runs" + pid) +
                           (facts.lease.init_lives ? "; the desktop goes on without it" : ""),
                       "systemctl start berthd; why it ended: journalctl -b -u berthd"});
        return;
    case Presence::silent:
        all.push_back({false, "berthd" + pid + " does not answer: " + berthd.trouble,
                       "journalctl -b -u berthd; systemctl restart berthd (its desktop stays)"});
        return;
    case Presence::unasked:
        if (facts.root && berthd.pid == 0) { // who is not root may not see it
            all.push_back({false, "berthd does not run, and its bus cannot be asked: " + berthd.trouble,
                           "systemctl start berthd; why it ended: journalctl -b -u berthd"});
        } else {
            all.push_back({false, "berthd" + pid + " could not be asked: " + berthd.trouble,
                           "systemctl status dbus; berth doctor"});
        }
        return;
    case Presence::here:
        advise_on_seat(berthd, facts, all);
        return;
    }
}

void advise_on_cards(const Facts& facts, All& all) {
    for (const Card& card : facts.cards) {
        if (card.seat == facts.seat && card.master && is_vacant(facts)) {
            all.push_back({false,
                           text_of(*card.master) + " is DRM master of " + card.name + ", and is no desktop of berth: " +
                               (has_berthd_said(facts) ? "the seat is vacant" : "no terminal is lent"),
                           "systemctl status " + std::to_string(card.master->pid)});
        }
    }
}

void advise_on_sessions(const Facts& facts, All& all) {
    for (const Session& session : facts.sessions) {
        if (session.state == "closing") {
            all.push_back({false,
                           "session " + session.id + " of " + session.user + " is closing; " +
                               (session.processes.empty() ? "no process is left in it"
                                                          : "what keeps it: " + text_of(session.processes)),
                           "loginctl session-status " + session.id});
        }
    }
}

std::string all_is_well(const Facts& facts) {
    if (!berthd_has_desktop(facts)) {
        const bool shown = std::any_of(facts.terminals.begin(), facts.terminals.end(), [](const Terminal& terminal) {
            return terminal.visible && terminal.modes && !terminal.modes->graphics;
        });
        return "all is well: the seat is vacant" +
               (shown ? ", and tty" + std::to_string(facts.visible) + " shows text and takes keys" : std::string{});
    }
    return "all is well: the desktop " + facts.berthd.desktop + " is up" +
           (facts.berthd.vt == 0 ? std::string{} : " on tty" + std::to_string(facts.berthd.vt)) +
           (facts.guard.presence == Presence::here ? ", and the guard watches its terminal" : "");
}

} // namespace

Owner owner_of(const Terminal& terminal, const Facts& facts) {
    const bool is_desktops =
        (terminal.lent && facts.lease.init_lives) || (berthd_has_desktop(facts) && facts.berthd.vt == terminal.number);
    const bool has_session = std::any_of(facts.sessions.begin(), facts.sessions.end(), [&](const Session& session) {
        return session.vt == terminal.number && session.seat == facts.seat && session.state != "closing" &&
               session.type != "tty" && is_alive(session.leader);
    });
    if (is_desktops || has_session) {
        return Owner::lives;
    }
    Owner owner = Owner::none;
    for (const Process& holder : terminal.holders) {
        if (is_alive(holder) && draws(holder, facts)) {
            return Owner::lives;
        }
        if (is_alive(holder) && !only_keeps_terminals(holder)) {
            owner = Owner::doubtful;
        }
    }
    return owner;
}

std::vector<Advice> advise(const Facts& facts) {
    All all;
    advise_on_terminals(facts, all);
    advise_on_guard(facts, all);
    advise_on_berthd(facts, all);
    advise_on_cards(facts, all);
    advise_on_sessions(facts, all);
    if (all.empty()) {
        all.push_back(
            {facts.gaps.empty(), all_is_well(facts) + (facts.gaps.empty() ? "" : ", as far as could be read"), {}});
    }
    if (!facts.root && !facts.gaps.empty()) {
        all.push_back({false, "not everything was readable: be root", "sudo berth explain --seat " + facts.seat});
    }
    return all;
}

} // namespace berth::explain
