#include "engine/dialect.hpp"

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

} // namespace

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
