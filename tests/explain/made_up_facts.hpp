#pragma once

#include "explain/facts.hpp"

#include <utility>
#include <vector>

/// Facts of three PCs, for tests to change in one place.
namespace berth::explain::made_up {

inline constexpr Modes in_text{false, false, 3};
inline constexpr Modes in_graphics{true, true, 4};
inline const Process getty{612, "agetty", 'S'};
inline const Process server{700, "Xorg", 'S'};
inline const Process logind{420, "systemd-logind", 'S'};

inline Terminal terminal(unsigned number, const Modes& modes, std::vector<Process> holders = {}) {
    Terminal result;
    result.number = number;
    result.modes = modes;
    result.holders = std::move(holders);
    return result;
}

/// A PC on which all is well and nobody is at work: a login prompt on tty1, berthd there, the seat vacant.
inline Facts vacant() {
    Facts facts;
    facts.seat = "seat0";
    facts.root = true;
    facts.sees_all = true;
    facts.visible = 1;
    facts.terminals = {terminal(1, in_text, {getty})};
    facts.terminals[0].visible = true;
    facts.cards = {{"card0", "seat0", true, std::nullopt, {}}};
    facts.berthd.presence = Presence::here;
    facts.berthd.pid = 801;
    facts.berthd.knows_seat = true;
    facts.berthd.state = "vacant";
    return facts;
}

/// A desktop of mode vt on tty20.
inline Facts seated() {
    Facts facts = vacant();
    facts.visible = 20;
    facts.terminals = {terminal(1, in_text, {getty}), terminal(20, in_graphics, {server})};
    facts.terminals[0].home = true;
    facts.terminals[1].visible = facts.terminals[1].lent = true;
    facts.cards[0].master = server;
    facts.cards[0].holders = {server};
    facts.lease.state = Lease::State::armed;
    facts.lease.vt = 20;
    facts.lease.home = 1;
    facts.lease.init = {690, "systemd", 'S'};
    facts.lease.init_lives = true;
    facts.guard.presence = Presence::here;
    facts.guard.word = "armed";
    facts.guard.desktop = "alive";
    facts.guard.berthd = true;
    facts.berthd.state = "seated";
    facts.berthd.mode = "vt";
    facts.berthd.desktop = "gnome";
    facts.berthd.vt = 20;
    return facts;
}

/// The desktop died, and berthd and the guard with it.
inline Facts all_dead() {
    Facts facts = seated();
    facts.terminals[1].holders.clear();
    facts.cards[0].master.reset();
    facts.cards[0].holders.clear();
    facts.lease.init_lives = false;
    facts.guard = {};
    facts.berthd = {};
    return facts;
}

} // namespace berth::explain::made_up
