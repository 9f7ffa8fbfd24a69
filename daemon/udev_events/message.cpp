#include "udev_events/message.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace berth::udev_events {
namespace {

/// struct monitor_netlink_header: eight bytes of text and eight words. The magic and the four words of the filter are
/// in network order, the other three in the machine's own.
constexpr std::string_view prefix{"libudev\0", 8};
constexpr std::uint32_t magic = 0xfeedcafe;
constexpr std::size_t header_size = 40;
constexpr std::size_t magic_at = 8;
constexpr std::size_t properties_at = 16;
constexpr std::size_t length_at = 20;

std::uint32_t native_word(std::string_view bytes, std::size_t at) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    return word;
}

void append_native(std::string& bytes, std::size_t value) {
    const auto word = static_cast<std::uint32_t>(value);
    std::array<char, sizeof word> raw{};
    std::memcpy(raw.data(), &word, sizeof word);
    bytes.append(raw.data(), raw.size());
}

std::uint32_t network_word(std::string_view bytes, std::size_t at) {
    std::uint32_t word = 0;
    for (const char byte : bytes.substr(at, sizeof word)) {
        word = word << 8U | static_cast<unsigned char>(byte);
    }
    return word;
}

void append_network(std::string& bytes, std::uint32_t word) {
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        bytes.push_back(static_cast<char>(static_cast<unsigned char>(word >> shift & 0xffU)));
    }
}

/// MurmurHash2 with seed 0, by which libudev knows subsystems and tags (string_hash32 of systemd).
std::uint32_t hash_of(std::string_view text) {
    constexpr std::uint32_t factor = 0x5bd1e995;
    auto hash = static_cast<std::uint32_t>(text.size());
    for (; text.size() >= sizeof hash; text.remove_prefix(sizeof hash)) {
        std::uint32_t word = native_word(text, 0) * factor;
        word ^= word >> 24U;
        hash = hash * factor ^ word * factor;
    }
    if (!text.empty()) {
        for (std::size_t at = text.size(); at-- > 0;) {
            hash ^= std::uint32_t{static_cast<unsigned char>(text[at])} << 8U * at;
        }
        hash *= factor;
    }
    hash = (hash ^ hash >> 13U) * factor;
    return hash ^ hash >> 15U;
}

/// Four bits of 64 for each tag: a receiver that wants a tag looks whether its four are set.
std::uint64_t bloom_of(const std::vector<std::string>& tags) {
    std::uint64_t bits = 0;
    for (const std::string& tag : tags) {
        const std::uint32_t hash = hash_of(tag);
        for (const unsigned shift : {0U, 6U, 12U, 18U}) {
            bits |= std::uint64_t{1} << (hash >> shift & 63U);
        }
    }
    return bits;
}

/// The properties of a message, each with a zero byte behind it; nothing where the bytes are none of udev's.
std::optional<std::string_view> properties_in(std::string_view bytes) {
    if (bytes.size() < header_size || bytes.size() > longest_message || !bytes.starts_with(prefix) ||
        network_word(bytes, magic_at) != magic) {
        return std::nullopt;
    }
    const std::size_t begin = native_word(bytes, properties_at);
    const std::size_t length = native_word(bytes, length_at);
    if (begin < header_size || begin > bytes.size() || length > bytes.size() - begin) {
        return std::nullopt;
    }
    return bytes.substr(begin, length);
}

/// The first one, which is taken off.
std::string_view take_property(std::string_view& rest) {
    const std::string_view property = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(property.size() < rest.size() ? property.size() + 1 : property.size());
    return property;
}

} // namespace

std::string_view value_of(const Device& device, std::string_view name) {
    for (const auto& [key, value] : device.properties) {
        if (key == name) {
            return value;
        }
    }
    return {};
}

std::vector<std::string> split_tags(std::string_view list) {
    std::vector<std::string> tags;
    while (!list.empty()) {
        const std::string_view tag = list.substr(0, list.find(':'));
        list.remove_prefix(tag.size() < list.size() ? tag.size() + 1 : tag.size());
        if (!tag.empty()) {
            tags.emplace_back(tag);
        }
    }
    return tags;
}

std::optional<Summary> read_message(std::string_view bytes) {
    auto rest = properties_in(bytes);
    if (!rest) {
        return std::nullopt;
    }
    Summary summary;
    while (!rest->empty()) {
        const std::string_view property = take_property(*rest);
        for (const auto& [key, value] : {std::pair{std::string_view{"ACTION="}, &summary.action},
                                         std::pair{std::string_view{"DEVPATH="}, &summary.devpath},
                                         std::pair{std::string_view{"SUBSYSTEM="}, &summary.subsystem},
                                         std::pair{std::string_view{"ID_SEAT="}, &summary.seat}}) {
            if (property.starts_with(key)) {
                *value = property.substr(key.size());
            }
        }
    }
    if (summary.action.empty() || summary.devpath.empty() || summary.subsystem.empty()) {
        return std::nullopt;
    }
    return summary;
}

std::optional<Event> read_event(std::string_view bytes) {
    const auto summary = read_message(bytes);
    auto rest = properties_in(bytes);
    if (!summary || !rest) {
        return std::nullopt;
    }
    Event event{std::string{summary->action}, {}};
    while (!rest->empty()) {
        const std::string_view property = take_property(*rest);
        const std::size_t equals = property.find('=');
        if (equals == 0 || equals == std::string_view::npos) {
            continue; // nobody reads it
        }
        event.device.properties.emplace_back(property.substr(0, equals), property.substr(equals + 1));
    }
    event.device.tags = split_tags(value_of(event.device, "TAGS"));
    return event;
}

std::string write_message(std::string_view action, const Device& device) {
    // A receiver takes no message without a number (device_verify of systemd); nobody compares it with another's.
    std::string properties = "ACTION=" + std::string{action} + '\0' + "SEQNUM=1" + '\0';
    for (const auto& [key, value] : device.properties) {
        if (key != "ACTION" && key != "SEQNUM") {
            properties.append(key).append(1, '=').append(value).append(1, '\0');
        }
    }
    const std::uint64_t tags = bloom_of(device.tags);
    const std::string_view devtype = value_of(device, "DEVTYPE");
    std::string message{prefix};
    append_network(message, magic);
    append_native(message, header_size);
    append_native(message, header_size);
    append_native(message, properties.size());
    append_network(message, hash_of(value_of(device, "SUBSYSTEM")));
    append_network(message, devtype.empty() ? 0 : hash_of(devtype));
    append_network(message, static_cast<std::uint32_t>(tags >> 32U));
    append_network(message, static_cast<std::uint32_t>(tags));
    return message + properties;
}

} // namespace berth::udev_events
