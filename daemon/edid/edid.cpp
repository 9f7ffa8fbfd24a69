#include "edid/edid.hpp"

#include <algorithm>
#include <numeric>

namespace berth::edid {
namespace {

constexpr std::string_view header{"\x00\xff\xff\xff\xff\xff\xff\x00", 8};
constexpr std::size_t maker_at = 8;
constexpr std::size_t product_at = 10;
constexpr std::size_t serial_at = 12;
constexpr std::size_t descriptors_at = 54;
constexpr std::size_t descriptor_size = 18;
constexpr std::size_t text_at = 5; ///< in a descriptor
constexpr std::uint8_t name_tag = 0xfc;
constexpr std::uint8_t serial_tag = 0xff;

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint8_t>(bytes[at]);
}

bool adds_up(std::string_view block) {
    const unsigned sum = std::accumulate(block.begin(), block.end(), 0U, [](unsigned before, char byte) {
        return before + static_cast<std::uint8_t>(byte);
    });
    return sum % 256 == 0;
}

/// Three letters of five bits each, 1 is "A".
std::string maker_of(std::string_view block) {
    const unsigned packed = byte_at(block, maker_at) * 256U + byte_at(block, maker_at + 1);
    std::string maker;
    for (const unsigned shift : {10U, 5U, 0U}) {
        const unsigned letter = (packed >> shift) & 0x1fU;
        maker += letter >= 1 && letter <= 26 ? static_cast<char>('A' + letter - 1) : '?';
    }
    return maker;
}

/// The text of the first descriptor with a tag; empty where there is none. A descriptor begins with two zero bytes
/// where it is no timing.
std::string text_of(std::string_view block, std::uint8_t tag) {
    for (std::size_t at = descriptors_at; at + descriptor_size < block_size; at += descriptor_size) {
        const std::string_view descriptor = block.substr(at, descriptor_size);
        if (byte_at(descriptor, 0) == 0 && byte_at(descriptor, 1) == 0 && byte_at(descriptor, 3) == tag) {
            const std::string_view text = descriptor.substr(text_at);
            return std::string{text.substr(0, text.find('\n'))};
        }
    }
    return {};
}

std::string serial_of(std::string_view block) {
    std::string text = text_of(block, serial_tag);
    if (!text.empty()) {
        return text;
    }
    std::uint32_t number = 0;
    for (std::size_t i = 4; i > 0; --i) { // the least byte first
        number = number * 256 + byte_at(block, serial_at + i - 1);
    }
    return number == 0 ? std::string{} : std::to_string(number);
}

} // namespace

std::optional<Identity> read_identity(std::string_view bytes) {
    if (bytes.size() < block_size || !bytes.starts_with(header)) {
        return std::nullopt;
    }
    const std::string_view block = bytes.substr(0, block_size);
    if (!adds_up(block)) {
        return std::nullopt;
    }
    const auto product = static_cast<std::uint16_t>(byte_at(block, product_at) + 256U * byte_at(block, product_at + 1));
    return Identity{maker_of(block), product, serial_of(block), text_of(block, name_tag)};
}

} // namespace berth::edid
