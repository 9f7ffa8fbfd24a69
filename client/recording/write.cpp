#include "recording/text.hpp"

#include <algorithm>

namespace berth::recording {
namespace {

constexpr std::string_view hex_digits{"0123456789ABCDEF"};

std::string escaped(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        if (byte == '\\') {
            text += "\\\\";
        } else if (byte == '\n') {
            text += "\\n";
        } else if (byte < ' ' || byte > '~') {
            text += '\\';
            for (const unsigned shift : {6U, 3U, 0U}) {
                text += hex_digits[value >> shift & 7U];
            }
        } else {
            text += byte;
        }
    }
    return text;
}

std::string hexadecimal(std::string_view bytes) {
    std::string text;
    for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        text += hex_digits[value >> 4U];
        text += hex_digits[value & 15U];
    }
    return text;
}

std::string line_of(char kind, const std::string& name, const std::string& value) {
    return std::string{kind} + ": " + name + "=" + value + "\n";
}

std::string texts_of(const std::vector<Device>& devices) {
    std::string text;
    for (const Device& device : devices) {
        text += text_of(device);
    }
    return text;
}

} // namespace

const std::string* value_of(const Pairs& pairs, const std::string& name) noexcept {
    const auto found = std::find_if(pairs.begin(), pairs.end(), [&](const auto& pair) { return pair.first == name; });
    return found == pairs.end() ? nullptr : &found->second;
}

std::string begin_text() {
    return "# berth dock recording 1\n# begin\n";
}

std::string text_of(const Device& device) {
    std::string text = "P: " + device.path + "\n";
    if (!device.node.empty()) {
        text += "N: " + device.node + "\n";
    }
    for (const auto& [name, value] : device.properties) {
        text += line_of('E', name, value);
    }
    for (const auto& [name, value] : device.attributes) {
        const bool is_text = value.find('\0') == std::string::npos;
        text += is_text ? line_of('A', name, escaped(value)) : line_of('H', name, hexadecimal(value));
    }
    for (const auto& [name, target] : device.links) {
        text += line_of('L', name, target);
    }
    return text + "\n";
}

std::string text_of(const Event& event) {
    const std::string at = std::to_string(event.at_ms);
    return (event.action.empty() ? "# overflow " + at : "# event " + at + " " + event.action + " " + event.path) +
           "\n" + texts_of(event.devices);
}

std::string text_of(const Recording& recording) {
    std::string text = begin_text() + texts_of(recording.begin);
    for (const Event& event : recording.events) {
        text += text_of(event);
    }
    return text;
}

} // namespace berth::recording
