#include "linux/terminal_text.hpp"

namespace berth::os {

std::string terminal_text(std::string_view text) {
    std::string lines;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : '\0');
        if (byte == '\n') {
            lines += "\r\n";
        } else if (byte == 0xC2 && next >= 0x80 && next <= 0x9F) { // U+0080 to U+009F in UTF-8
            lines += '?';
            ++i;
        } else {
            lines += (byte < 0x20 && byte != '\t') || byte == 0x7F ? '?' : text[i];
        }
    }
    if (!lines.ends_with("\r\n")) {
        lines += "\r\n";
    }
    return lines;
}

} // namespace berth::os
