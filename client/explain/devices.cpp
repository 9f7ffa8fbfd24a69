#include "explain/devices.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>

namespace berth::explain {

namespace {

std::vector<std::string> words_of(const std::string& line) {
    std::istringstream text{line};
    std::vector<std::string> words;
    for (std::string word; text >> word;) {
        words.push_back(word);
    }
    return words;
}

/// Columns by their distance from the line's end: the first one, the name, may contain spaces.
struct Columns {
    std::size_t all{0};
    std::size_t pid{0};
    std::size_t master{0};

    explicit Columns(const std::vector<std::string>& header) : all{header.size()} {
        for (std::size_t i = 0; i < header.size(); ++i) {
            if (header[i] == "tgid" || header[i] == "pid") {
                pid = header.size() - i;
            } else if (header[i] == "master") {
                master = header.size() - i;
            }
        }
    }

    [[nodiscard]] bool are_known() const { return pid != 0 && master != 0; }
};

std::string name_before(const std::vector<std::string>& row, std::size_t count) {
    std::string name;
    for (std::size_t i = 0; i < count; ++i) {
        name += (i == 0 ? "" : " ") + row[i];
    }
    return name;
}

/// By udev's database: CLASS is of SYS/class, NAME the device's there.
std::string seat_of(const Places& places, const std::string& in_class, const std::string& name) {
    const std::string number = read_line(places.sys + "/class/" + in_class + "/" + name + "/dev");
    std::istringstream database{read_text(places.run + "/udev/data/c" + number).text};
    constexpr std::string_view key{"E:ID_SEAT="};
    for (std::string line; std::getline(database, line);) {
        if (line.rfind(key, 0) == 0) {
            return line.substr(key.size());
        }
    }
    return "seat0";
}

void ask_for_master(const Places& places, Card& card, std::vector<Gap>& gaps) {
    const std::string path =
        places.sys + "/kernel/debug/dri/" + card.name.substr(std::string{"card"}.size()) + "/clients";
    const Text clients = read_text(path);
    auto master = master_in(clients.text, card.master_known);
    if (!card.master_known) {
        const char* const why = clients.error == ENOENT ? "debugfs is not mounted, or the driver has no such file"
                                : clients.error != 0    ? std::strerror(clients.error)
                                                        : "a column that was expected is not there";
        gaps.push_back({"the DRM master of " + card.name + " (" + path + ")", why});
        return;
    }
    if (master) {
        card.master = find_process(places, master->pid).value_or(*master);
    }
}

} // namespace

std::optional<Process> master_in(std::string_view clients, bool& understood) {
    std::istringstream lines{std::string{clients}};
    std::string line;
    std::getline(lines, line);
    const Columns columns{words_of(line)};
    understood = columns.are_known();
    while (understood && std::getline(lines, line)) {
        const auto row = words_of(line);
        if (row.size() >= columns.all && row[row.size() - columns.master] == "y") {
            const std::size_t pid = row.size() - columns.pid;
            return Process{static_cast<int>(number_in(row[pid])), name_before(row, pid), '?'};
        }
    }
    return std::nullopt;
}

std::vector<Card> read_cards(const Places& places, const Processes& processes, std::vector<Gap>& gaps) {
    std::vector<Card> cards;
    int error = 0;
    for (const std::string& name : names_in(places.dev + "/dri", "card", error)) {
        Card card{name, seat_of(places, "drm", name), false, std::nullopt, processes.holders_of("dri/" + name)};
        ask_for_master(places, card, gaps);
        cards.push_back(std::move(card));
    }
    return cards;
}

std::vector<Input> read_inputs(const Places& places, const Processes& processes) {
    std::vector<Input> inputs;
    int error = 0;
    for (const std::string& name : names_in(places.dev + "/input", "event", error)) {
        inputs.push_back({name, read_line(places.sys + "/class/input/" + name + "/device/name"),
                          seat_of(places, "input", name), processes.holders_of("input/" + name)});
    }
    return inputs;
}

} // namespace berth::explain
