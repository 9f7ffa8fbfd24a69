#include "cli/output.hpp"

#include <nlohmann/json.hpp>

#include <iostream>

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
    return path.substr(path.rfind('/') + 1);
}

} // namespace berth::cli
