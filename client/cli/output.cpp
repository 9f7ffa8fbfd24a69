#include "cli/output.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <iostream>
#include <utility>
#include <vector>

namespace berth::cli {

void complain(const client::CallFailed& error) {
    complain(std::string{error.what()});
}

void complain(const std::string& error) {
    std::cerr << "berth: " << error << std::endl;
}

void say(const std::string& line) {
    std::cout << line << std::endl;
}

void say_json(const nlohmann::json& value, bool one_line) {
    constexpr int indent = 2;
    std::cout << value.dump(one_line ? -1 : indent, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
}

std::string text(const client::Properties& properties, const std::string& name) {
    const auto found = properties.find(name);
    return found != properties.end() && found->second.is_string() ? found->second.get<std::string>() : std::string{};
}

std::string last_part(const std::string& path) {
    std::string name;
    const std::string label = path.substr(path.rfind('/') + 1);
    constexpr std::size_t digits = 2;
    constexpr int hexadecimal = 16;
    for (std::size_t at = 0; at < label.size(); ++at) {
        const std::string code = label[at] == '_' ? label.substr(at + 1, digits) : std::string{};
        if (code.size() == digits && code.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos) {
            name += static_cast<char>(std::stoi(code, nullptr, hexadecimal));
            at += digits;
        } else {
            name += label[at];
        }
    }
    return name;
}

std::vector<std::string> texts(const client::Properties& properties, const std::string& name) {
    const auto found = properties.find(name);
    return found != properties.end() && found->second.is_array() ? found->second.get<std::vector<std::string>>()
                                                                 : std::vector<std::string>{};
}

std::string joined(const std::vector<std::string>& words, const std::string& between) {
    std::string result;
    for (const std::string& word : words) {
        result += (result.empty() ? std::string{} : between) + word;
    }
    return result;
}

std::string local_time(std::uint64_t microseconds) {
    constexpr std::uint64_t us_a_second = 1'000'000;
    const auto seconds = static_cast<std::time_t>(microseconds / us_a_second);
    std::tm parts{};
    std::array<char, 32> buffer{};
    ::localtime_r(&seconds, &parts);
    std::strftime(buffer.data(), buffer.size(), "%F %T", &parts);
    return buffer.data();
}

std::string local_time(const client::Properties& properties) {
    const auto found = properties.find("Since");
    return found == properties.end() || found->second == 0U ? std::string{}
                                                            : local_time(found->second.get<std::uint64_t>());
}

nlohmann::json objects(const std::map<std::string, client::Properties>& all) {
    nlohmann::json list = nlohmann::json::array();
    for (const auto& [path, properties] : all) {
        nlohmann::json object = properties;
        object["Path"] = path;
        list.push_back(std::move(object));
    }
    return list;
}

std::string or_dash(const std::string& word) {
    return word.empty() ? "-" : word;
}

void say_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()), 0);
        for (std::size_t column = 0; column < row.size(); ++column) {
            widths[column] = std::max(widths[column], row[column].size());
        }
    }
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t column = 0; column + 1 < row.size(); ++column) {
            line += row[column] + std::string(widths[column] - row[column].size() + 2, ' ');
        }
        say(line + row.back());
    }
}

void say_environment(const nlohmann::json& environment, bool json) {
    if (json) {
        say_json(environment);
        return;
    }
    for (const auto& [name, value] : environment.items()) {
        say(name + "=" + value.get<std::string>());
    }
}

} // namespace berth::cli
