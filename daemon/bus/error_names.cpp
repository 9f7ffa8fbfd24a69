#include "bus/error_names.hpp"

#include "bus/names.hpp"

#include <cstddef>

namespace berth::bus {

namespace {

/// Bytes of the character that `text` (not empty) begins with, RFC 3629; 0: it begins with none.
std::size_t character_at_front(std::string_view text) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(at < text.size() ? text[at] : 0); };
    const unsigned char lead = byte(0);
    if (lead < 0x80U) {
        return lead == 0 ? 0 : 1;
    }
    const std::size_t length = lead < 0xC2U ? 0 : lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : lead < 0xF5U ? 4 : 0;
    for (std::size_t at = 1; at < length; ++at) {
        if ((byte(at) & 0xC0U) != 0x80U) {
            return 0;
        }
    }
    const bool overlong = (lead == 0xE0U && byte(1) < 0xA0U) || (lead == 0xF0U && byte(1) < 0x90U);
    const bool outside = (lead == 0xEDU && byte(1) > 0x9FU) || (lead == 0xF4U && byte(1) > 0x8FU);
    return overlong || outside ? 0 : length;
}

} // namespace

std::string bus_error_name(ErrorCode code) {
    return names::error_prefix + std::string{error_name(code)};
}

std::string bus_error_name(model::Refusal refusal) {
    return bus_error_name(model::error_code(refusal));
}

std::string bus_text(std::string_view message) {
    std::string text;
    while (!message.empty()) {
        const std::size_t length = character_at_front(message);
        text.append(length == 0 ? std::string_view{"?"} : message.substr(0, length));
        message.remove_prefix(length == 0 ? 1 : length);
    }
    return text;
}

} // namespace berth::bus
