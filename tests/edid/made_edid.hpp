#pragma once

#include "edid/edid.hpp"

#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>

namespace berth::edid {

/// A text in one of the four descriptors: `tag` 0xfc a name, 0xff a serial number. At most 13 bytes, as they are; fewer
/// are ended by a line break and filled with blanks.
inline void put_text(std::string& block, std::size_t number, std::uint8_t tag, std::string text) {
    constexpr std::size_t room = 13;
    if (text.size() < room) {
        text += '\n';
    }
    text.resize(room, ' ');
    block.replace(54 + number * 18, 18,
                  std::string{"\0\0\0", 3} + static_cast<char>(tag) + std::string(1, '\0') + text);
    mend_sum(block);
}

/// A screen by Dell, model 0xa0b1, with a number and no texts.
inline std::string made_edid(std::uint32_t number = 0x01020304) {
    std::string block(block_size, '\0');
    block.replace(0, 8, std::string{"\x00\xff\xff\xff\xff\xff\xff\x00", 8});
    constexpr unsigned maker = (4U << 10) | (5U << 5) | 12U; // D, E, L
    block[8] = static_cast<char>(maker >> 8);
    block[9] = static_cast<char>(maker & 0xff);
    block[10] = static_cast<char>(0xb1);
    block[11] = static_cast<char>(0xa0);
    for (std::size_t i = 0; i < 4; ++i) {
        block[12 + i] = static_cast<char>((number >> (8 * i)) & 0xffU);
    }
    block[54] = 1; // timings, no text
    mend_sum(block);
    return block;
}

} // namespace berth::edid
