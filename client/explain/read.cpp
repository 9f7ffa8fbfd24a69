#include "explain/read.hpp"

#include "explain/devices.hpp"
#include "explain/processes.hpp"
#include "explain/programs.hpp"
#include "explain/sessions.hpp"
#include "explain/terminals.hpp"
#include "guard/console.hpp"

#include <algorithm>
#include <cstring>
#include <unistd.h>

namespace berth::explain {

namespace {

/// Whose open files are not known: then nobody can say that a device has no holder.
void note_unreadable(const Places& places, const Processes& processes, Facts& facts) {
    facts.sees_all = processes.error == 0 && processes.unreadable.empty();
    if (processes.error != 0) {
        facts.gaps.push_back({"the processes (" + places.proc + ")", std::strerror(processes.error)});
    } else if (!processes.unreadable.empty()) {
        facts.gaps.push_back({"the open files of " + text_of(processes.unreadable), std::strerror(EACCES)});
    }
}

/// berthd may hang, or be there without a bus; then the list of processes still has it.
void find_berthd(const Places& places, Berthd& berthd) {
    int error = 0;
    const auto names = names_in(places.proc, "", error);
    for (const std::string& name : names) {
        if (berthd.pid == 0 && read_line(places.proc + "/" + name + "/comm") == "berthd") {
            berthd.pid = static_cast<int>(number_in(name));
        }
    }
}

} // namespace

Facts read_facts(const Places& places, const std::string& seat, const Berthd& berthd) {
    constexpr int guard_limit_ms = 1'000;
    Facts facts;
    facts.seat = seat;
    facts.root = ::geteuid() == 0;
    facts.berthd = berthd;
    find_berthd(places, facts.berthd);
    const Processes processes = read_processes(places);
    note_unreadable(places, processes, facts);
    facts.lease = read_lease_of(places, seat);
    if (facts.lease.state == Lease::State::unreadable) {
        facts.gaps.push_back({"the guard's lease", facts.lease.trouble});
    }
    facts.guard = ask_guard(places.runtime + "/guard/" + seat + ".sock", guard_limit_ms);
    if (facts.guard.presence == Presence::unasked) {
        facts.gaps.push_back({"the guard", facts.guard.trouble});
    }
    if (has_terminals(seat)) {
        const unsigned lent = facts.lease.lends() ? facts.lease.vt : berthd.vt;
        facts.visible = read_visible(places, facts.gaps);
        facts.console = guard::inspect_console(places.sys.c_str());
        facts.terminals = read_terminals(places, processes, facts.visible, lent,
                                         facts.lease.lends() ? facts.lease.home : 0, facts.gaps);
    }
    facts.cards = read_cards(places, processes, facts.gaps);
    facts.inputs = read_inputs(places, processes);
    facts.sessions = read_sessions(places, processes, facts.gaps);
    return facts;
}

} // namespace berth::explain
