#include "loopback/pulse_greeting.hpp"

#include <cstdint>

namespace berth::loopback {

namespace {

constexpr std::size_t head_size = 20; // length, channel, offset (two words), flags
constexpr std::size_t least_body = 276;
constexpr std::uint32_t control_channel = 0xFFFFFFFFU;
constexpr std::uint32_t command_auth = 8;
// In the body: 'L' command, 'L' tag, 'L' version, 'x' length, cookie.
constexpr std::size_t version_at = 10;
constexpr std::size_t cookie_at = 15;
constexpr std::size_t cookie_bytes_at = 20;

std::uint32_t word(const char* bytes) {
    std::uint32_t value = 0;
    for (int at = 0; at < 4; ++at) {
        value = value << 8U | static_cast<unsigned char>(bytes[at]);
    }
    return value;
}

/// Takes the same time whatever differs.
bool are_equal(const char* one, const char* other, std::size_t size) {
    unsigned difference = 0;
    for (std::size_t at = 0; at < size; ++at) {
        difference |= static_cast<unsigned char>(one[at]) ^ static_cast<unsigned char>(other[at]);
    }
    return difference == 0;
}

} // namespace

PulseGreeting::Verdict PulseGreeting::judge(char* bytes, std::size_t size, const char* cookie) noexcept {
    if (size < head_size) {
        return Verdict::unfinished;
    }
    const std::uint32_t length = word(bytes);
    if (length < least_body || length > most_held - head_size || word(bytes + 4) != control_channel) {
        return Verdict::refused;
    }
    if (size < head_size + length) {
        return Verdict::unfinished;
    }
    char* const body = bytes + head_size;
    const bool is_greeting = body[0] == 'L' && word(body + 1) == command_auth && body[5] == 'L' &&
                             body[version_at] == 'L' && body[cookie_at] == 'x' &&
                             word(body + cookie_at + 1) == cookie_size;
    if (!is_greeting || !are_equal(body + cookie_bytes_at, cookie, cookie_size)) {
        return Verdict::refused;
    }
    body[version_at + 1] = 0; // PA_PROTOCOL_FLAG_MASK: the upper half of the version
    body[version_at + 2] = 0;
    return Verdict::welcome;
}

} // namespace berth::loopback
