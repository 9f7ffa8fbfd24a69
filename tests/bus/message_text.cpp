#include "bus/message_text.hpp"

#include <cstdint>
#include <stdexcept>

namespace berth::testing {

namespace {

std::string basic(sd_bus_message* message, char type) {
    union {
        const char* text;
        int boolean;
        std::uint8_t y;
        std::int16_t n;
        std::uint16_t q;
        std::int32_t i;
        std::uint32_t u;
        std::int64_t x;
        std::uint64_t t;
        double d;
    } value{};

    if (sd_bus_message_read_basic(message, type, &value) < 0) {
        throw std::runtime_error{"unreadable message"};
    }
    switch (type) {
    case 's':
    case 'o':
    case 'g':
        return value.text;
    case 'b':
        return value.boolean != 0 ? "true" : "false";
    case 'y':
        return std::to_string(value.y);
    case 'n':
        return std::to_string(value.n);
    case 'q':
        return std::to_string(value.q);
    case 'i':
        return std::to_string(value.i);
    case 'u':
        return std::to_string(value.u);
    case 'x':
        return std::to_string(value.x);
    case 't':
        return std::to_string(value.t);
    case 'd':
        return std::to_string(value.d);
    case 'h':
        return "descriptor";
    default:
        throw std::runtime_error{std::string{"unknown type "} + type};
    }
}

std::string all(sd_bus_message* message, const char* separator) {
    std::string text;
    bool first = true;
    char type = 0;
    const char* contents = nullptr;
    while (sd_bus_message_peek_type(message, &type, &contents) > 0) {
        text += first ? "" : separator;
        first = false;
        const bool container = type == 'a' || type == 'v' || type == 'r' || type == 'e';
        if (!container) {
            text += basic(message, type);
            continue;
        }
        const bool map = type == 'a' && contents[0] == '{';
        sd_bus_message_enter_container(message, type, contents);
        const std::string inner = all(message, type == 'e' ? ": " : ", ");
        sd_bus_message_exit_container(message);
        switch (type) {
        case 'a':
            text += map ? "{" + inner + "}" : "[" + inner + "]";
            break;
        case 'r':
            text += "(" + inner + ")";
            break;
        default:
            text += inner;
        }
    }
    return text;
}

} // namespace

std::string text_of(sd_bus_message* message) {
    return all(message, ", ");
}

} // namespace berth::testing
