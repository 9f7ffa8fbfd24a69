#include "udev_events/client_view.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace berth::udev_events {
namespace {

/// Tags by which the host's own services find what they rule over. All others (a program's own, such as
/// "mutter-device-ignore") stay.
constexpr std::array tags_of_the_host{
    std::string_view{"master-of-seat"}, // logind: a seat begins with this device. A client has none
    std::string_view{"power-switch"},   // logind: its keys turn the machine off. One in the client would act, too
    std::string_view{"seat"},           // logind: may be attached to a seat
    std::string_view{"systemd"},        // systemd: makes a unit of it, and starts what the host's rules want with it
    std::string_view{"uaccess"},        // logind: an ACL for the user at the seat. Here the grant says who may
    std::string_view{"xaccess"},        // … or for one that is logged in from afar
};

/// Properties that mean something on the host alone. TAGS and CURRENT_TAGS are made anew.
constexpr std::array properties_of_the_host{
    std::string_view{"DEVLINKS"}, // links below /dev: the client has the node, not them
    std::string_view{"ID_SEAT"},  // a client has one seat, and who asks for "seat0" (libinput) means that one
};

/// SYSTEMD_WANTS, SYSTEMD_ALIAS, …: units of the host.
constexpr std::string_view systemd_prefix{"SYSTEMD_"};

/// Lines of a record that a client may read: when udev was through with the device, by which libudev knows that it is
/// initialised (I), and the format's version (V). Not links and their priority (S, L), nor the host's watch on the
/// node (W).
constexpr std::string_view plain_lines{"IV"};
constexpr std::string_view tag_lines{"GQ"};

bool is_for_clients(std::string_view tag) {
    return std::find(tags_of_the_host.begin(), tags_of_the_host.end(), tag) == tags_of_the_host.end();
}

bool is_property_for_clients(std::string_view name) {
    return !name.starts_with(systemd_prefix) && std::find(properties_of_the_host.begin(), properties_of_the_host.end(),
                                                          name) == properties_of_the_host.end();
}

std::string joined(const std::vector<std::string>& tags) {
    std::string list;
    for (const std::string& tag : tags) {
        list.append(list.empty() ? ":" : "").append(tag).append(":");
    }
    return list;
}

std::vector<std::string> left_of(std::vector<std::string> tags) {
    std::erase_if(tags, [](const std::string& tag) { return !is_for_clients(tag); });
    return tags;
}

bool is_number(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 10 &&
           std::all_of(text.begin(), text.end(), [](unsigned char letter) { return std::isdigit(letter) != 0; });
}

/// Calls `take(sort, rest)` for each whole line "X:REST".
template <class Take>
void for_each_line(std::string_view record, Take&& take) {
    for (std::size_t end = 0; (end = record.find('\n')) != std::string_view::npos; record.remove_prefix(end + 1)) {
        const std::string_view line = record.substr(0, end);
        const bool is_text =
            std::none_of(line.begin(), line.end(), [](unsigned char letter) { return std::iscntrl(letter) != 0; });
        if (is_text && line.size() > 2 && line[1] == ':') {
            take(line.front(), line.substr(2));
        }
    }
}

bool is_line_for_clients(char sort, std::string_view rest) {
    if (sort == 'E') {
        const std::size_t equals = rest.find('=');
        return equals != 0 && equals != std::string_view::npos && is_property_for_clients(rest.substr(0, equals));
    }
    if (tag_lines.find(sort) != std::string_view::npos) {
        return is_for_clients(rest);
    }
    return plain_lines.find(sort) != std::string_view::npos;
}

} // namespace

std::string id_of(const Device& device) {
    const std::string_view major = value_of(device, "MAJOR");
    const std::string_view minor = value_of(device, "MINOR");
    if (!is_number(major) || !is_number(minor)) {
        return {};
    }
    const char* const sort = value_of(device, "SUBSYSTEM") == "block" ? "b" : "c";
    return std::string{sort}.append(major).append(":").append(minor);
}

bool is_device_id(std::string_view id) noexcept {
    const std::size_t colon = id.find(':');
    return (id.starts_with('c') || id.starts_with('b')) && colon != std::string_view::npos &&
           is_number(id.substr(1, colon - 1)) && is_number(id.substr(colon + 1));
}

Device for_client(Device device) {
    const std::vector<std::string> current = left_of(split_tags(value_of(device, "CURRENT_TAGS")));
    device.tags = left_of(std::move(device.tags));
    std::erase_if(device.properties, [](const auto& property) {
        return property.first == "TAGS" || property.first == "CURRENT_TAGS" || !is_property_for_clients(property.first);
    });
    if (!device.tags.empty()) {
        device.properties.emplace_back("TAGS", joined(device.tags));
    }
    if (!current.empty()) {
        device.properties.emplace_back("CURRENT_TAGS", joined(current));
    }
    return device;
}

std::string record_for_client(std::string_view record) {
    std::string kept;
    for_each_line(record, [&kept](char sort, std::string_view rest) {
        if (is_line_for_clients(sort, rest)) {
            kept.append(1, sort).append(":").append(rest).append("\n");
        }
    });
    return kept;
}

Device read_record(std::string_view record) {
    Device device;
    for_each_line(record, [&device](char sort, std::string_view rest) {
        const std::size_t equals = rest.find('=');
        if (sort == 'E' && equals != 0 && equals != std::string_view::npos) {
            device.properties.emplace_back(rest.substr(0, equals), rest.substr(equals + 1));
        } else if (sort == 'G') {
            device.tags.emplace_back(rest);
        }
    });
    return device;
}

} // namespace berth::udev_events
