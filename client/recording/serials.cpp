#include "recording/serials.hpp"

#include "edid/edid.hpp"

#include <algorithm>
#include <array>

namespace berth::recording {
namespace {

/// Where a secret stands, and whether it is one by itself: udev's ID_SERIAL has the maker and the model in it.
struct Field {
    std::string_view name;
    bool by_itself;
};

constexpr std::array fields_of_sysfs{
    Field{"address", true},
    Field{"serial", true},
    Field{"uniq", true},
    Field{"unique_id", true},
};
constexpr std::array fields_of_udev{
    Field{"HID_UNIQ", true},       Field{"ID_SERIAL", false},          Field{"ID_SERIAL_SHORT", true},
    Field{"ID_USB_SERIAL", false}, Field{"ID_USB_SERIAL_SHORT", true}, Field{"UNIQ", true},
};

template <class Fields>
const Field* field_of(const Fields& fields, std::string_view name) {
    const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& each) { return each.name == name; });
    return found == fields.end() ? nullptr : &*found;
}

std::string word_of(unsigned number) {
    return "serial" + std::to_string(number);
}

/// The kernel has the texts of input devices in quotes.
bool is_quoted(std::string_view value) {
    return value.size() >= 2 && value.front() == '"' && value.back() == '"';
}

std::string_view without_quotes(std::string_view value) {
    return is_quoted(value) ? value.substr(1, value.size() - 2) : value;
}

/// "00:e0:4c:68:00:01" as names are made of it: "00e04c680001"; empty where it is no such address.
std::string compact_address(std::string_view value) {
    constexpr std::size_t length = 17;
    std::string digits{value};
    digits.erase(std::remove(digits.begin(), digits.end(), ':'), digits.end());
    const bool is_address = value.size() == length && digits.size() == 12 &&
                            digits.find_first_not_of("0123456789abcdef") == std::string::npos;
    return is_address ? digits : std::string{};
}

constexpr std::size_t edid_extensions = 126; ///< how many blocks follow the first

} // namespace

std::vector<Device> SerialHider::hide(std::vector<Device> devices) {
    for (const Device& device : devices) {
        learn(device);
    }
    for (Device& device : devices) {
        replace(device);
    }
    return devices;
}

Event SerialHider::hide(Event event) {
    event.devices = hide(std::move(event.devices));
    event.path = replaced(std::move(event.path));
    return event;
}

void SerialHider::learn(const Device& device) {
    const auto learn_each = [&](const Pairs& pairs, const auto& fields) {
        for (const auto& [name, value] : pairs) {
            const std::string_view plain = without_quotes(value);
            const Field* const field = field_of(fields, name);
            if (field != nullptr || !compact_address(plain).empty()) { // of a Bluetooth keyboard's host, as "phys"
                learn(plain, field == nullptr || field->by_itself, device);
            }
        }
    };
    learn_each(device.attributes, fields_of_sysfs);
    learn_each(device.properties, fields_of_udev);
}

/// No secret is: what is empty or nought; what the device's own path has in it, such as the controller's address, by
/// which the kernel calls the serial number of the controller's own hub.
void SerialHider::learn(std::string_view value, bool anywhere, const Device& device) {
    constexpr std::size_t shortest_found = 8;
    if (value.find_first_not_of("0:") == std::string_view::npos || device.path.find(value) != std::string::npos) {
        return;
    }
    const unsigned number = number_of(std::string{value});
    if (anywhere && value.size() >= shortest_found) {
        find_anywhere(std::string{value}, number);
    }
    if (const std::string digits = compact_address(value); !digits.empty()) {
        find_anywhere(digits, number);
    }
}

unsigned SerialHider::number_of(const std::string& secret) {
    return numbers_.try_emplace(secret, static_cast<unsigned>(numbers_.size()) + 1).first->second;
}

void SerialHider::find_anywhere(const std::string& secret, unsigned number) {
    const bool is_known =
        std::any_of(anywhere_.begin(), anywhere_.end(), [&](const auto& pair) { return pair.first == secret; });
    if (!is_known) {
        const auto shorter = std::find_if(anywhere_.begin(), anywhere_.end(),
                                          [&](const auto& pair) { return pair.first.size() < secret.size(); });
        anywhere_.emplace(shorter, secret, word_of(number));
    }
}

void SerialHider::replace(Device& device) {
    device.path = replaced(std::move(device.path));
    device.node = replaced(std::move(device.node));
    for (auto& [name, value] : device.properties) {
        value = field_of(fields_of_udev, name) != nullptr ? replaced_field(value) : replaced(std::move(value));
    }
    for (auto& [name, value] : device.attributes) {
        if (name == "edid") {
            value = replaced_edid(std::move(value));
        } else {
            value = field_of(fields_of_sysfs, name) != nullptr ? replaced_field(value) : replaced(std::move(value));
        }
    }
    for (auto& [name, target] : device.links) {
        target = replaced(std::move(target));
    }
}

std::string SerialHider::replaced(std::string text) const {
    for (const auto& [secret, word] : anywhere_) {
        for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + word.size())) {
            text.replace(at, secret.size(), word);
        }
    }
    return text;
}

/// As a whole where it is known, so that a short one goes, too.
std::string SerialHider::replaced_field(const std::string& value) const {
    const auto found = numbers_.find(std::string{without_quotes(value)});
    if (found == numbers_.end()) {
        return replaced(value);
    }
    return is_quoted(value) ? "\"" + word_of(found->second) + "\"" : word_of(found->second);
}

/// Its first block alone: what further ones say (DisplayID) may have the number in it again.
std::string SerialHider::replaced_edid(std::string bytes) {
    if (bytes.size() < edid::block_size) {
        return bytes;
    }
    bytes.resize(edid::block_size);
    bytes[edid_extensions] = '\0';
    if (const std::string secret = edid::serial_bytes(bytes); !secret.empty()) {
        const unsigned number = number_of("edid " + secret);
        edid::replace_serial(bytes, number, word_of(number));
    }
    edid::mend_sum(bytes);
    return bytes;
}

} // namespace berth::recording
