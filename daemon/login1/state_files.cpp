#include "login1/state_files.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace berth::login1 {

namespace {

constexpr std::size_t largest_text = 65536;

/// Shown as they are. Not among them: LEADER, a PID of the host; FIFO, CONTROLLER, DEVICES and SCOPE, logind's own.
constexpr std::array session_keys{"UID",     "USER",          "ACTIVE",   "IS_DISPLAY", "STATE",   "REMOTE",
                                  "TYPE",    "ORIGINAL_TYPE", "CLASS",    "TTY",        "DISPLAY", "SERVICE",
                                  "DESKTOP", "VTNR",          "REALTIME", "MONOTONIC"};
constexpr std::array user_keys{"NAME", "STATE", "REALTIME", "MONOTONIC"};
constexpr std::array seat_keys{"IS_SEAT0", "CAN_MULTI_SESSION", "CAN_TTY", "CAN_GRAPHICAL"};

template <typename Keys>
bool contains(const Keys& keys, std::string_view key) {
    return std::find(keys.begin(), keys.end(), key) != keys.end();
}

bool is_plain(StateFile file, std::string_view key) {
    switch (file) {
    case StateFile::session:
        return contains(session_keys, key);
    case StateFile::user:
        return contains(user_keys, key);
    case StateFile::seat:
        return contains(seat_keys, key);
    }
    return false;
}

/// Whose names the key's value has: the own one of these is all that is shown of it. Empty: the key is not shown.
std::string own_name(StateFile file, std::string_view key, const Session& own) {
    constexpr std::array sessions{"SESSIONS", "ACTIVE_SESSIONS", "ONLINE_SESSIONS"};
    constexpr std::array seats{"SEATS", "ACTIVE_SEATS", "ONLINE_SEATS"};
    const bool one_session = file == StateFile::user ? key == "DISPLAY" : file == StateFile::seat && key == "ACTIVE";
    if (one_session || (file != StateFile::session && contains(sessions, key))) {
        return own.id;
    }
    if ((file == StateFile::user && contains(seats, key)) || (file == StateFile::session && key == "SEAT")) {
        return own.seat;
    }
    return file == StateFile::seat && key == "UIDS" ? std::to_string(own.uid) : std::string{};
}

bool has_word(std::string_view list, std::string_view word) {
    constexpr std::string_view between{" \""};
    while (!list.empty()) {
        const auto begin = list.find_first_not_of(between);
        if (begin == std::string_view::npos) {
            return false;
        }
        const auto end = std::min(list.find_first_of(between, begin), list.size());
        if (list.substr(begin, end - begin) == word) {
            return true;
        }
        list.remove_prefix(end);
    }
    return false;
}

struct Line {
    std::string_view key;
    std::string_view value;
};

std::vector<Line> lines_of(std::string_view text) {
    std::vector<Line> lines;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (const auto equals = line.find('='); equals != std::string_view::npos) {
            lines.push_back({line.substr(0, equals), line.substr(equals + 1)});
        }
    }
    return lines;
}

/// ACTIVE_UID says who looks at the seat; of another session it is nobody's business.
bool is_own_active_uid(const std::vector<Line>& lines, const Session& own) {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const Line& line) { return line.key == "ACTIVE" && has_word(line.value, own.id); });
}

} // namespace

std::string path_of(StateFile file, const Session& own) {
    switch (file) {
    case StateFile::session:
        return "sessions/" + own.id;
    case StateFile::user:
        return "users/" + std::to_string(own.uid);
    case StateFile::seat:
        return "seats/" + own.seat;
    }
    return {};
}

std::string visible_part(StateFile file, std::string_view text, const Session& own) {
    if (text.size() > largest_text) {
        return {};
    }
    std::string visible;
    const auto show = [&](std::string_view key, std::string_view value) {
        visible.append(key).append("=").append(value).append("\n");
    };
    const auto lines = lines_of(text);
    for (const auto& [key, value] : lines) {
        const std::string name = own_name(file, key, own);
        if (is_plain(file, key) || (file == StateFile::seat && key == "ACTIVE_UID" && is_own_active_uid(lines, own))) {
            show(key, value);
        } else if (!name.empty() && has_word(value, name)) {
            show(key, name);
        }
    }
    return visible;
}

} // namespace berth::login1
