#pragma once

#include <cstdint>
#include <string>

/// What X11 and PulseAudio clients say, byte by byte.
namespace berth::test {

inline const std::string sound_cookie(256, 'c');

inline std::string number(std::uint32_t value, std::size_t size, bool big_endian) {
    std::string bytes;
    for (std::size_t at = 0; at < size; ++at) {
        const std::size_t shift = 8 * (big_endian ? size - 1 - at : at);
        bytes.push_back(static_cast<char>(value >> shift & 0xFFU));
    }
    return bytes;
}

inline std::string padded(std::string bytes) {
    bytes.resize((bytes.size() + 3) / 4 * 4, '\0');
    return bytes;
}

/// The first bytes of an X11 client, which has a cookie.
inline std::string x11_greeting(bool big_endian = false, const std::string& cookie = "0123456789abcdef") {
    const auto word = [big_endian](std::size_t value) {
        return number(static_cast<std::uint32_t>(value), 2, big_endian);
    };
    const std::string name = "MIT-MAGIC-COOKIE-1";
    return std::string{big_endian ? "B" : "l"} + std::string(1, '\0') + word(11) + word(0) + word(name.size()) +
           word(cookie.size()) + word(0) + padded(name) + padded(cookie);
}

/// One X11 request: its opcode and what stands behind the header.
inline std::string x11_request(unsigned char opcode, const std::string& body, bool big_endian = false) {
    const std::string whole = padded(body);
    return std::string(1, static_cast<char>(opcode)) + std::string(1, '\0') +
           number(static_cast<std::uint32_t>(1 + whole.size() / 4), 2, big_endian) + whole;
}

inline std::string x11_asks_for(const std::string& extension, bool big_endian = false) {
    return x11_request(
        98, number(static_cast<std::uint32_t>(extension.size()), 2, big_endian) + std::string(2, '\0') + extension,
        big_endian);
}

/// libpulse's first packet.
inline std::string pulse_greeting(const std::string& cookie, std::uint32_t version = 35) {
    const auto word = [](std::uint32_t value) { return number(value, 4, true); };
    const std::string body = "L" + word(8) + "L" + word(0) + "L" + word(version) + "x" +
                             word(static_cast<std::uint32_t>(cookie.size())) + cookie;
    return word(static_cast<std::uint32_t>(body.size())) + word(0xFFFFFFFFU) + word(0) + word(0) + word(0) + body;
}

} // namespace berth::test
