#include "linux/device_rule.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <charconv>
#include <sstream>

namespace berth::os {
namespace {

bool read_number(const std::string& text, std::uint32_t& number) {
    if (text == "*") {
        number = DeviceNumbers::any;
        return true;
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() && number < (1U << 20U);
}

std::uint32_t read_access(const std::string& text) {
    std::uint32_t access = 0;
    for (const char letter : text) {
        const std::uint32_t bit = letter == 'r'   ? DeviceRule::read
                                  : letter == 'w' ? DeviceRule::write
                                  : letter == 'm' ? DeviceRule::mknod
                                                  : 0;
        if (bit == 0) {
            return 0;
        }
        access |= bit;
    }
    return access;
}

std::string text_of_number(std::uint32_t number) {
    return number == DeviceNumbers::any ? "*" : std::to_string(number);
}

} // namespace

Result<DeviceRule> parse_device_rule(const std::string& text) {
    std::istringstream words{text};
    std::string type;
    std::string numbers;
    std::string access;
    std::string more;
    words >> type >> numbers >> access;
    const std::size_t colon = numbers.find(':');
    DeviceRule rule;
    rule.access = read_access(access);
    const bool is_whole = !(words >> more) && type.size() == 1 && colon != std::string::npos && rule.access != 0;
    if (!is_whole || (type != "a" && type != "b" && type != "c") ||
        !read_number(numbers.substr(0, colon), rule.numbers.major) ||
        !read_number(numbers.substr(colon + 1), rule.numbers.minor)) {
        return Error{ErrorCode::invalid_argument, "\"" + text + "\" is no rule for devices, like \"c 226:* rw\""};
    }
    rule.numbers.type = type.front();
    return rule;
}

std::string text_of(const DeviceRule& rule) {
    std::string text{rule.numbers.type};
    text += " " + text_of_number(rule.numbers.major) + ":" + text_of_number(rule.numbers.minor) + " ";
    text += (rule.access & DeviceRule::read) != 0 ? "r" : "";
    text += (rule.access & DeviceRule::write) != 0 ? "w" : "";
    text += (rule.access & DeviceRule::mknod) != 0 ? "m" : "";
    return text;
}

Result<DeviceRule> rule_of(const std::string& path) {
    struct stat status {};

    if (::stat(path.c_str(), &status) != 0) {
        return system_error("stat " + path, errno);
    }
    if (!S_ISCHR(status.st_mode) && !S_ISBLK(status.st_mode)) {
        return Error{ErrorCode::failed, path + " is no device node"};
    }
    return DeviceRule{
        {S_ISCHR(status.st_mode) ? 'c' : 'b', ::gnu_dev_major(status.st_rdev), ::gnu_dev_minor(status.st_rdev)},
        DeviceRule::read | DeviceRule::write};
}

const std::vector<DeviceRule>& default_device_rules() {
    constexpr std::uint32_t any = DeviceNumbers::any;
    constexpr std::uint32_t all = DeviceRule::read | DeviceRule::write | DeviceRule::mknod;
    static const std::vector<DeviceRule> rules{
        {{'c', any, any}, DeviceRule::mknod},
        {{'b', any, any}, DeviceRule::mknod},
        {{'c', 1, 3}, all},     // null
        {{'c', 1, 5}, all},     // zero
        {{'c', 1, 7}, all},     // full
        {{'c', 1, 8}, all},     // random
        {{'c', 1, 9}, all},     // urandom
        {{'c', 5, 0}, all},     // tty
        {{'c', 5, 2}, all},     // ptmx
        {{'c', 136, any}, all}, // pts
    };
    return rules;
}

} // namespace berth::os
