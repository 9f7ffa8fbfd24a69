#include "edid/edid.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace berth::edid {
namespace {

constexpr std::string_view header{"\x00\xff\xff\xff\xff\xff\xff\x00", 8};
constexpr std::size_t maker_at = 8;
constexpr std::size_t product_at = 10;
constexpr std::size_t serial_at = 12;
constexpr std::size_t descriptors_at = 54;
constexpr std::size_t descriptor_size = 18;
constexpr std::size_t text_at = 5; ///< in a descriptor
constexpr std::size_t text_size = descriptor_size - text_at;
constexpr std::uint8_t name_tag = 0xfc;
constexpr std::uint8_t serial_tag = 0xff;

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<std::uint8_t>(bytes[at]);
}

unsigned sum_of(std::string_view bytes) {
    return std::accumulate(bytes.begin(), bytes.end(), 0U,
                           [](unsigned before, char byte) { return before + static_cast<std::uint8_t>(byte); });
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

/// A descriptor begins with two zero bytes where it is no timing.
bool has_text(std::string_view descriptor, std::uint8_t tag) {
    return byte_at(descriptor, 0) == 0 && byte_at(descriptor, 1) == 0 && byte_at(descriptor, 3) == tag;
}

/// Where the descriptors with texts of a tag begin.
std::vector<std::size_t> texts_of(std::string_view block, std::uint8_t tag) {
    std::vector<std::size_t> places;
    for (std::size_t at = descriptors_at; at + descriptor_size < block_size; at += descriptor_size) {
        if (has_text(block.substr(at, descriptor_size), tag)) {
            places.push_back(at);
        }
    }
    return places;
}

std::string_view text_at_place(std::string_view block, std::size_t descriptor) {
    return block.substr(descriptor + text_at, text_size);
}

/// The text of the first descriptor with a tag; empty where there is none.
std::string text_of(std::string_view block, std::uint8_t tag) {
    const std::vector<std::size_t> places = texts_of(block, tag);
    const std::string_view text = places.empty() ? std::string_view{} : text_at_place(block, places.front());
    return std::string{text.substr(0, text.find('\n'))};
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
    if (sum_of(block) % 256 != 0) {
        return std::nullopt;
    }
    const auto product = static_cast<std::uint16_t>(byte_at(block, product_at) + 256U * byte_at(block, product_at + 1));
    return Identity{maker_of(block), product, serial_of(block), text_of(block, name_tag)};
}

std::string serial_bytes(std::string_view block) {
    const std::string_view number = block.substr(serial_at, 4);
    std::string bytes{number == std::string_view{"\0\0\0\0", 4} ? std::string_view{} : number};
    for (const std::size_t at : texts_of(block, serial_tag)) {
        bytes += text_at_place(block, at);
    }
    return bytes;
}

void replace_serial(std::string& block, std::uint32_t number, std::string_view text) {
    if (serial_bytes(block).empty()) {
        return;
    }
    for (std::size_t byte = 0; byte < 4; ++byte) {
        block[serial_at + byte] = static_cast<char>(static_cast<std::uint8_t>(number >> 8U * byte));
    }
    std::string filled{text};
    filled += '\n';
    filled.resize(text_size, ' ');
    for (const std::size_t at : texts_of(block, serial_tag)) {
        block.replace(at + text_at, text_size, filled);
    }
    mend_sum(block);
}

void mend_sum(std::string& block) {
    block[block_size - 1] = '\0';
    block[block_size - 1] =
        static_cast<char>(static_cast<std::uint8_t>(0U - sum_of(std::string_view{block}.substr(0, block_size))));
}

} // namespace berth::edid
