#include "engine/containers_conf.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace berth::engine {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blank);
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// How many brackets of `line` stay open; strings and comments do not count. `line` loses its comment.
int open_brackets(std::string_view& line) {
    int open = 0;
    char quote = 0;
    for (std::size_t index = 0; index < line.size(); ++index) {
        const char c = line[index];
        if (quote != 0) {
            if (c == '\\' && quote == '"') {
                ++index;
            } else if (c == quote) {
                quote = 0;
            }
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '#') {
            line = line.substr(0, index);
            break;
        } else if (c == '[' || c == '{') {
            ++open;
        } else if (c == ']' || c == '}') {
            --open;
        }
    }
    return open;
}

std::string_view next_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

} // namespace

ContainersConf::Table& ContainersConf::table(std::string_view header) {
    const auto found = std::ranges::find(tables_, header, &Table::header);
    if (found != tables_.end()) {
        return *found;
    }
    return header.empty() ? *tables_.insert(tables_.begin(), Table{}) : tables_.emplace_back(std::string{header});
}

void ContainersConf::set(Table& table, std::string_view key, std::string value) {
    const auto found = std::ranges::find(table.entries, key, [](const auto& entry) { return entry.first; });
    if (found != table.entries.end()) {
        found->second = std::move(value);
    } else {
        table.entries.emplace_back(std::string{key}, std::move(value));
    }
}

void ContainersConf::add(std::string_view text) {
    std::string header;
    while (!text.empty()) {
        std::string_view line = next_line(text);
        int open = open_brackets(line);
        line = trimmed(line);
        if (line.starts_with('[') && line.ends_with(']')) {
            header = std::string{line};
            continue;
        }
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos) {
            continue;
        }
        std::string value{trimmed(line.substr(equals + 1))};
        while (open > 0 && !text.empty()) {
            std::string_view more = next_line(text);
            open += open_brackets(more);
            value.append(" ").append(trimmed(more));
        }
        if (open == 0) {
            set(table(header), trimmed(line.substr(0, equals)), std::move(value));
        }
    }
}

std::string ContainersConf::text() const {
    std::string text;
    for (const Table& table : tables_) {
        text.append(table.header).append(table.header.empty() ? "" : "\n");
        for (const auto& [key, value] : table.entries) {
            text.append(key).append(" = ").append(value).append("\n");
        }
    }
    return text;
}

ContainersConf system_containers_conf(const std::string& root) {
    namespace fs = std::filesystem;
    std::vector<fs::path> files;
    std::error_code ignored;
    for (const fs::directory_entry& entry :
         fs::directory_iterator{root + "/etc/containers/containers.conf.d", ignored}) {
        if (entry.path().extension() == ".conf") {
            files.push_back(entry.path());
        }
    }
    std::ranges::sort(files);
    files.insert(files.begin(),
                 {root + "/usr/share/containers/containers.conf", root + "/etc/containers/containers.conf"});
    ContainersConf conf;
    for (const fs::path& path : files) {
        std::ifstream file{path};
        conf.add(std::string{std::istreambuf_iterator<char>{file}, {}});
    }
    return conf;
}

} // namespace berth::engine
