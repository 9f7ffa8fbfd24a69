#include "explain/facts.hpp"

#include <linux/kd.h>

#include <algorithm>

namespace berth::explain {

bool is_anything_known(const Facts& facts) {
    const bool answered = facts.guard.presence == Presence::here || facts.berthd.presence == Presence::here;
    const bool read = facts.visible != 0 || facts.sees_all || !facts.cards.empty() || !facts.inputs.empty() ||
                      !facts.sessions.empty() || facts.lease.state > Lease::State::unreadable;
    return answered || read ||
           std::any_of(facts.terminals.begin(), facts.terminals.end(), [](const Terminal& terminal) {
               return terminal.modes.has_value() || !terminal.holders.empty();
           });
}

std::string text_of(const Process& process) {
    std::string text = (process.name.empty() ? "process" : process.name) + " (" + std::to_string(process.pid);
    switch (process.state) {
    case 'T':
    case 't':
        text += ", stopped";
        break;
    case 'D':
        text += ", in the kernel";
        break;
    case 'Z':
    case 'X':
        text += ", dead";
        break;
    default: // proc(5) has more, and each of them runs or sleeps
        break;
    }
    return text + ")";
}

std::string text_of(const std::vector<Process>& processes) {
    constexpr std::size_t most = 4;
    std::string text;
    for (std::size_t i = 0; i < processes.size() && i < most; ++i) {
        text += (i == 0 ? "" : ", ") + text_of(processes[i]);
    }
    return processes.size() > most ? text + " and " + std::to_string(processes.size() - most) + " more" : text;
}

std::string keyboard_text(int mode) {
    switch (mode) {
    case K_RAW:
        return "raw";
    case K_XLATE:
        return "xlate";
    case K_MEDIUMRAW:
        return "mediumraw";
    case K_UNICODE:
        return "unicode";
    case K_OFF:
        return "off";
    default: // what a later kernel may add
        return "of mode " + std::to_string(mode);
    }
}

bool is_keyboard_off(const Modes& modes) {
    return modes.keyboard != K_XLATE && modes.keyboard != K_UNICODE;
}

} // namespace berth::explain
