#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// EDID, what a screen says of itself (VESA Enhanced EDID Standard, release A2, EDID 1.4). Pure.
namespace berth::edid {

/// Of the base block, which is all that is read; extensions say nothing of who a screen is.
inline constexpr std::size_t block_size = 128;

/// Who a screen is.
struct Identity {
    std::string maker;        ///< three letters by PNP id: "DEL"
    std::uint16_t product{0}; ///< the maker's number of the model
    std::string serial{};     ///< printed on it: its text, else its number in decimal; empty: it has none
    std::string name{};       ///< "DELL U2720Q", its bytes as they are; empty: it gives none

    bool operator==(const Identity&) const = default;
};

/// Nothing where the bytes are no base block, or its checksum is wrong: whatever they are, none outside of them is
/// read. Texts end at the first line break, as the standard says, and have at most 13 bytes, which may be any.
std::optional<Identity> read_identity(std::string_view bytes);

} // namespace berth::edid
