#include "explain/text.hpp"

#include <nlohmann/json.hpp>

namespace berth::explain {

namespace {

using nlohmann::json;

json json_of(const Process& process) {
    return process.pid == 0
               ? json{}
               : json{{"pid", process.pid}, {"name", process.name}, {"state", std::string(1, process.state)}};
}

json json_of(const std::vector<Process>& processes) {
    json list = json::array();
    for (const Process& process : processes) {
        list.push_back(json_of(process));
    }
    return list;
}

json number_or_null(unsigned number) {
    return number == 0 ? json{} : json(number);
}

json json_of(const Terminal& terminal) {
    const auto& modes = terminal.modes;
    return {{"number", terminal.number},
            {"visible", terminal.visible},
            {"lent", terminal.lent},
            {"home", terminal.home},
            {"allocated", terminal.allocated},
            {"mode", modes ? json(modes->graphics ? "graphics" : "text") : json{}},
            {"switches", modes ? json(modes->process_switches ? "process" : "kernel") : json{}},
            {"keyboard", modes ? json(keyboard_text(modes->keyboard)) : json{}},
            {"holders", json_of(terminal.holders)}};
}

json json_of(const Card& card) {
    return {{"name", card.name},
            {"seat", card.seat},
            {"master", card.master ? json_of(*card.master) : json{}},
            {"master_known", card.master_known},
            {"holders", json_of(card.holders)}};
}

json json_of(const Input& input) {
    return {{"name", input.name}, {"title", input.title}, {"seat", input.seat}, {"holders", json_of(input.holders)}};
}

json json_of(const Session& session) {
    return {{"id", session.id},
            {"user", session.user},
            {"uid", session.uid},
            {"state", session.state},
            {"closing", session.state == "closing"},
            {"active", session.active},
            {"seat", session.seat.empty() ? json{} : json(session.seat)},
            {"vt", number_or_null(session.vt)},
            {"type", session.type},
            {"service", session.service},
            {"leader", json_of(session.leader)},
            {"processes", json_of(session.processes)}};
}

const char* word_for(Lease::State state) {
    switch (state) {
    case Lease::State::none:
        return "none";
    case Lease::State::unreadable:
        return "unreadable";
    case Lease::State::torn:
        return "torn";
    case Lease::State::idle:
        return "idle";
    case Lease::State::armed:
        return "armed";
    case Lease::State::restore:
        return "restore";
    }
    return "";
}

const char* word_for(Presence presence) {
    switch (presence) {
    case Presence::absent:
        return "absent";
    case Presence::silent:
        return "silent";
    case Presence::here:
        return "here";
    case Presence::unasked:
        return "unasked";
    }
    return "";
}

json json_of(const Lease& lease) {
    return {{"state", word_for(lease.state)}, {"vt", number_or_null(lease.vt)}, {"home", number_or_null(lease.home)},
            {"init", json_of(lease.init)},    {"init_lives", lease.init_lives}, {"trouble", lease.trouble}};
}

json json_of(const Guard& guard) {
    return {{"presence", word_for(guard.presence)},
            {"word", guard.word},
            {"vt", number_or_null(guard.vt)},
            {"desktop", guard.desktop},
            {"berthd", guard.berthd},
            {"restored", guard.restored},
            {"report", guard.report.empty() ? json{} : json::parse(guard.report, nullptr, false)},
            {"trouble", guard.trouble}};
}

json json_of(const Berthd& berthd) {
    return {{"presence", word_for(berthd.presence)},
            {"pid", number_or_null(static_cast<unsigned>(berthd.pid))},
            {"state", berthd.knows_seat ? json(berthd.state) : json{}},
            {"mode", berthd.mode},
            {"desktop", berthd.desktop},
            {"vt", number_or_null(berthd.vt)},
            {"failed_step", berthd.failed_step},
            {"failure", berthd.failure},
            {"trouble", berthd.trouble}};
}

json json_of(const Gap& gap) {
    return {{"what", gap.what}, {"why", gap.why}};
}

json json_of(const Advice& advice) {
    return {{"well", advice.well}, {"what", advice.what}, {"next", advice.next}};
}

template <class T>
json list_of(const std::vector<T>& values) {
    json list = json::array();
    for (const T& value : values) {
        list.push_back(json_of(value));
    }
    return list;
}

} // namespace

json json_of(const Facts& facts, const std::vector<Advice>& advice) {
    return {{"seat", facts.seat},
            {"root", facts.root},
            {"visible", number_or_null(facts.visible)},
            {"terminals", list_of(facts.terminals)},
            {"cards", list_of(facts.cards)},
            {"inputs", list_of(facts.inputs)},
            {"sessions", list_of(facts.sessions)},
            {"lease", json_of(facts.lease)},
            {"guard", json_of(facts.guard)},
            {"berthd", json_of(facts.berthd)},
            {"gaps", list_of(facts.gaps)},
            {"advice", list_of(advice)}};
}

} // namespace berth::explain
