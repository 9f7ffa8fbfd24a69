#include "explain/sessions.hpp"

#include <cerrno>
#include <cstring>
#include <map>
#include <sstream>

namespace berth::explain {

namespace {

std::map<std::string, std::string> keys_of(const std::string& text) {
    std::map<std::string, std::string> keys;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        const std::size_t equals = line.find('=');
        if (equals != std::string::npos && line[0] != '#') {
            keys[line.substr(0, equals)] = line.substr(equals + 1);
        }
    }
    return keys;
}

Session session_from(const Places& places, const Processes& processes, const std::string& id, const std::string& text) {
    auto keys = keys_of(text);
    Session session;
    session.id = id;
    session.user = keys["USER"];
    session.uid = number_in(keys["UID"]);
    session.state = keys["STATE"];
    session.active = keys["ACTIVE"] == "1";
    session.seat = keys["SEAT"];
    session.vt = number_in(keys["VTNR"]);
    session.type = keys["TYPE"];
    session.service = keys["SERVICE"];
    const int leader = static_cast<int>(number_in(keys["LEADER"]));
    session.leader = find_process(places, leader).value_or(Process{leader, {}, 'X'});
    const auto found = processes.of_session.find(id);
    session.processes = found == processes.of_session.end() ? std::vector<Process>{} : found->second;
    return session;
}

} // namespace

std::vector<Session> read_sessions(const Places& places, const Processes& processes, std::vector<Gap>& gaps) {
    std::vector<Session> sessions;
    const std::string folder = places.run + "/systemd/sessions";
    int error = 0;
    for (const std::string& id : names_in(folder, "", error)) {
        const std::string path = folder + "/" + id;
        const Text file = read_text(path);
        if (file.error == 0) {
            sessions.push_back(session_from(places, processes, id, file.text));
        } else if (file.error != EINVAL && file.error != ENOENT) { // its pipes ID.ref; one that ended meanwhile
            gaps.push_back({"session " + id + " (" + path + ")", std::strerror(file.error)});
        }
    }
    if (error != 0 && error != ENOENT) { // without logind there is no folder
        gaps.push_back({"the sessions of logind (" + folder + ")", std::strerror(error)});
    }
    return sessions;
}

} // namespace berth::explain
