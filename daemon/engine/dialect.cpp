#include "engine/dialect.hpp"

#include <algorithm>
#include <charconv>

namespace berth::engine {
namespace {

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

std::string encode(std::string_view text, std::string_view also_kept) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    for (const char c : text) {
        if (is_unreserved(c) || also_kept.find(c) != std::string_view::npos) {
            encoded += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            encoded += '%';
            encoded += digits[byte >> 4U];
            encoded += digits[byte & 0xFU];
        }
    }
    return encoded;
}

/// The text before `end`, which is taken off with it; all of it where there is no `end`.
std::string_view take_until(std::string_view& text, char end) {
    const std::size_t at = text.find(end);
    const std::string_view taken = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return taken;
}

/// A device number, or "*" for all. False: neither.
bool read_number(std::string_view text, std::optional<std::int64_t>& number) {
    if (text == "*") {
        return true;
    }
    std::uint32_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    number = value;
    return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
}

Error contradiction(std::string message) {
    return Error{ErrorCode::invalid_argument, std::move(message)};
}

} // namespace

Result<DeviceRule> read_device_rule(std::string_view rule) {
    std::string_view rest = rule;
    DeviceRule read;
    const std::string_view type = take_until(rest, ' ');
    const bool numbers =
        read_number(take_until(rest, ':'), read.major) && read_number(take_until(rest, ' '), read.minor);
    const bool known = type == "a" || type == "b" || type == "c";
    if (!known || !numbers || rest.empty() || rest.find_first_not_of("rwm") != std::string_view::npos) {
        return Error{ErrorCode::invalid_argument,
                     "\"" + std::string{rule} + "\" is no device rule such as \"c 226:* rw\""};
    }
    read.type = type.front();
    read.access = std::string{rest};
    return read;
}

Result<void> check_spec(const ports::ContainerSpec& spec) {
    if (!spec.capabilities.empty() && !spec.added_capabilities.empty()) {
        return contradiction("a container has either a list of all its capabilities or some beyond the default");
    }
    if ((spec.shareable_ipc ? 1 : 0) + (spec.ipc_of.empty() ? 0 : 1) + (spec.host_namespaces ? 1 : 0) > 1) {
        return contradiction("a container has one IPC namespace: its own, another container's or the host's");
    }
    if (spec.host_namespaces && !spec.hostname.empty()) {
        return contradiction("a container in the host's UTS namespace has no host name of its own");
    }
    if (!spec.working_directory.empty() && spec.working_directory.front() != '/') {
        return contradiction("\"" + spec.working_directory + "\" is no absolute working directory");
    }
    for (const std::string& rule : spec.device_rules) {
        if (const auto read = read_device_rule(rule); !read) {
            return read.error();
        }
    }
    return {};
}

std::string percent_encode(std::string_view text) {
    return encode(text, "");
}

std::string encode_image_name(std::string_view name) {
    return encode(name, "/:@");
}

ImageName split_image_name(std::string_view name) {
    const std::size_t slash = name.rfind('/');
    const std::size_t colon = name.rfind(':');
    // A colon before the last slash belongs to a registry's port.
    if (colon == std::string_view::npos || (slash != std::string_view::npos && colon < slash)) {
        return ImageName{std::string{name}, "latest"};
    }
    return ImageName{std::string{name.substr(0, colon)}, std::string{name.substr(colon + 1)}};
}

} // namespace berth::engine
