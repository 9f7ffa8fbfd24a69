#include "model/json_profiles.hpp"

#include "model/json.hpp"

namespace berth::model {
namespace {

constexpr unsigned last_ascii = 0x7f;

/// UTF-8 of two bytes, 110000xx 10xxxxxx, is what U+0080 to U+00FF take.
constexpr unsigned lead = 0xc0;
constexpr unsigned lead_mask = 0xfc;
constexpr unsigned trail = 0x80;
constexpr unsigned low_bits = 0x3f;

unsigned byte_of(char character) {
    return static_cast<unsigned char>(character);
}

} // namespace

std::string bytes_to_text(const std::string& bytes) {
    std::string text;
    for (const char character : bytes) {
        const unsigned byte = byte_of(character);
        if (byte <= last_ascii) {
            text += character;
        } else {
            text += static_cast<char>(lead | (byte >> 6U));
            text += static_cast<char>(trail | (byte & low_bits));
        }
    }
    return text;
}

std::string text_to_bytes(const nlohmann::json& in) {
    const auto& text = in.get_ref<const std::string&>();
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const unsigned first = byte_of(text[i]);
        if (first <= last_ascii) {
            bytes += text[i];
            continue;
        }
        const unsigned second = i + 1 < text.size() ? byte_of(text[i + 1]) : 0;
        const unsigned byte = ((first & ~lead_mask) << 6U) | (second & low_bits);
        if ((first & lead_mask) != lead || (second & ~low_bits) != trail || byte <= last_ascii) {
            throw nlohmann::json::type_error::create(302, "a character that stands for no byte", &in);
        }
        bytes += static_cast<char>(byte);
        ++i;
    }
    return bytes;
}

nlohmann::json to_value(const AppProfile& profile) {
    return profile;
}

nlohmann::json to_value(const DoorItem& item) {
    return item;
}

AppProfile app_profile_from(const nlohmann::json& value) {
    return value.get<AppProfile>();
}

DoorItem door_item_from(const nlohmann::json& value) {
    return value.get<DoorItem>();
}

} // namespace berth::model
