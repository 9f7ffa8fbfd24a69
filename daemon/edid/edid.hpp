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

/// The bytes that tell a screen from another of the same model, as they stand in its base block: the number, and the
/// texts of a serial number. Empty: nothing does. `block` has at least block_size bytes.
std::string serial_bytes(std::string_view block);

/// Puts another number, and `text` (cut at 13 bytes), in the place of those, so far as they are there, and mends the
/// sum. `block` has at least block_size bytes.
void replace_serial(std::string& block, std::uint32_t number, std::string_view text);

/// Sets the last byte of the base block such that all of them add up to nothing.
void mend_sum(std::string& block);

} // namespace berth::edid
