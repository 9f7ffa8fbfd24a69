#include "explain/text.hpp"

namespace berth::explain {

namespace {

class Lines {
  public:
    void add(const std::string& label, const std::string& text) {
        constexpr std::size_t column = 12;
        lines.push_back("  " + label + std::string(label.size() < column ? column - label.size() : 1, ' ') + text);
    }

    std::vector<std::string> lines;
};

std::string holders_text(const std::vector<Process>& holders, const Facts& facts) {
    if (!holders.empty()) {
        return "open in " + text_of(holders);
    }
    return facts.sees_all ? "open in nobody" : "open in nobody who could be read";
}

std::string terminal_text(const Terminal& terminal, const Facts& facts) {
    std::string text;
    for (const auto& [is, word] :
         {std::pair{terminal.visible, "visible, "}, {terminal.lent, "the desktop's, "}, {terminal.home, "home, "}}) {
        text += is ? word : "";
    }
    if (terminal.modes) {
        text += std::string{terminal.modes->graphics ? "graphics" : "text"} + ", keyboard " +
                keyboard_text(terminal.modes->keyboard) + ", switched by " +
                (terminal.modes->process_switches ? "a process" : "the kernel");
    } else {
        text += terminal.allocated ? "modes not readable" : "not allocated";
    }
    return text + "; " + holders_text(terminal.holders, facts);
}

std::string foreign_seat(const std::string& seat, const Facts& facts) {
    return seat == facts.seat ? std::string{} : "of " + seat + ", ";
}

std::string card_text(const Card& card, const Facts& facts) {
    const std::string master = !card.master_known ? "DRM master not readable"
                               : card.master      ? "DRM master " + text_of(*card.master)
                                                  : "no DRM master";
    return foreign_seat(card.seat, facts) + master + "; " + holders_text(card.holders, facts);
}

std::string session_text(const Session& session) {
    std::string text = session.state + (session.active ? " (in front)" : "") + ", " + session.user + " (" +
                       std::to_string(session.uid) + "), " + session.type;
    text += session.vt == 0 ? "" : " on tty" + std::to_string(session.vt);
    text += session.service.empty() ? "" : ", " + session.service;
    text += session.leader.pid == 0 ? "" : ", leader " + text_of(session.leader);
    return session.state == "closing" && !session.processes.empty()
               ? "CLOSING, kept by " + text_of(session.processes) + "; " + text
               : text;
}

std::string lease_text(const Lease& lease) {
    switch (lease.state) {
    case Lease::State::none:
        return "none";
    case Lease::State::unreadable:
        return "not readable: " + lease.trouble;
    case Lease::State::torn:
        return "torn: " + lease.trouble;
    case Lease::State::idle:
        return "no terminal is lent";
    case Lease::State::armed:
    case Lease::State::restore:
        break;
    }
    const std::string init = lease.init.pid == 0 ? "the desktop's init is not known"
                             : lease.init_lives  ? "the desktop's init lives: " + text_of(lease.init)
                                                 : "the desktop's init " + std::to_string(lease.init.pid) + " is gone";
    return "tty" + std::to_string(lease.vt) + " is lent, home is tty" + std::to_string(lease.home) + "; " + init +
           (lease.state == Lease::State::restore ? "; it is being given back" : "");
}

std::string guard_text(const Guard& guard) {
    switch (guard.presence) {
    case Presence::absent:
        return "does not run";
    case Presence::silent:
        return guard.trouble;
    case Presence::unasked:
        return "not readable: " + guard.trouble;
    case Presence::here:
        break;
    }
    const std::string desktop =
        guard.word == "idle" ? "" : ", tty" + std::to_string(guard.vt) + ", desktop " + guard.desktop;
    return guard.word + desktop + (guard.berthd ? ", berthd is connected" : ", without berthd") +
           (guard.restored ? ", has restored" : "") + (guard.verified == false ? " IN VAIN" : "");
}

std::string berthd_text(const Berthd& berthd) {
    const std::string pid = berthd.pid == 0 ? "" : " (" + std::to_string(berthd.pid) + ")";
    switch (berthd.presence) {
    case Presence::absent:
        return pid.empty() ? "does not run" : "runs" + pid + ", not on the bus";
    case Presence::silent:
    case Presence::unasked:
        return "no answer" + pid + ": " + berthd.trouble;
    case Presence::here:
        break;
    }
    return "runs" + pid + ": " + (berthd.knows_seat ? berthd.state : "no such seat") +
           (berthd.desktop.empty() ? "" : ", " + berthd.desktop + " (" + berthd.mode + ")") +
           (berthd.vt == 0 ? "" : " on tty" + std::to_string(berthd.vt));
}

/// A process may call itself what moves a terminal's cursor, or worse.
std::string printable(std::string text) {
    constexpr unsigned char first = 0x20;
    constexpr unsigned char erase = 0x7F;
    for (char& letter : text) {
        const auto code = static_cast<unsigned char>(letter);
        letter = code < first || code == erase ? '?' : letter;
    }
    return text;
}

bool is_shown(const Session& session, const Facts& facts) {
    return session.seat == facts.seat || session.state == "closing";
}

} // namespace

std::vector<std::string> lines_of(const Facts& facts, const std::vector<Advice>& advice) {
    Lines out;
    out.lines.push_back(facts.seat);
    for (const Terminal& terminal : facts.terminals) {
        out.add("tty" + std::to_string(terminal.number), terminal_text(terminal, facts));
    }
    for (const Card& card : facts.cards) {
        out.add(card.name, card_text(card, facts));
    }
    for (const Input& input : facts.inputs) {
        out.add(input.name, foreign_seat(input.seat, facts) + (input.title.empty() ? "" : input.title + ": ") +
                                holders_text(input.holders, facts));
    }
    for (const Session& session : facts.sessions) {
        if (is_shown(session, facts)) {
            out.add("session " + session.id, session_text(session));
        }
    }
    out.add("berthd", berthd_text(facts.berthd));
    if (!facts.berthd.failure.empty()) {
        out.add("last failure", facts.berthd.failed_step + ": " + facts.berthd.failure);
    }
    if (has_terminals(facts.seat)) {
        out.add("guard", guard_text(facts.guard));
        out.add("lease", lease_text(facts.lease));
    }
    for (const Gap& gap : facts.gaps) {
        out.add("not readable", gap.what + ": " + gap.why + (facts.root ? "" : "; be root"));
    }
    for (const Advice& each : advice) {
        out.lines.push_back("-> " + each.what);
        if (!each.next.empty()) {
            out.lines.push_back("     " + each.next);
        }
    }
    for (std::string& line : out.lines) {
        line = printable(std::move(line));
    }
    return out.lines;
}

} // namespace berth::explain
