#include "recorder/describe.hpp"

#include "base/unique_fd.hpp"
#include "recording/selection.hpp"
#include "udev_handles/udev_handles.hpp"

#include <system_error>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <string>
#include <unistd.h>

namespace berth::recorder {
namespace {

constexpr std::size_t longest_attribute = std::size_t{64} * 1024;

/// Nothing: there is no such file, or it is a folder, or the driver has nothing to say.
std::optional<std::string> content_of(const std::string& path) {
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    std::string content;
    while (file && content.size() <= longest_attribute) {
        std::array<char, 4096> buffer{};
        const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
        if (got == 0) {
            return content;
        }
        if (got < 0 && errno != EINTR) {
            return std::nullopt;
        }
        content.append(buffer.data(), got < 0 ? 0 : static_cast<std::size_t>(got));
    }
    return std::nullopt;
}

/// Without the line's end that sysfs puts behind each text; bytes that are none are left as they are.
std::string without_end(std::string content) {
    if (content.ends_with('\n') && content.find('\0') == std::string::npos) {
        content.pop_back();
    }
    return content;
}

/// What is not printable ASCII is a blank: a property has one line, and berth reads it the same (linux/hardware.hpp,
/// printable).
std::string on_one_line(std::string_view value) {
    std::string text{value};
    std::replace_if(
        text.begin(), text.end(), [](char letter) { return letter < ' ' || letter > '~'; }, ' ');
    return text;
}

recording::Pairs properties_of(udev_device* device) {
    recording::Pairs properties;
    udev_list_entry* entry = nullptr;
    udev_list_entry_foreach(entry, udev_device_get_properties_list_entry(device)) {
        const std::string_view name = view(udev_list_entry_get_name(entry));
        if (recording::is_recorded_property(name)) {
            properties.emplace_back(name, on_one_line(view(udev_list_entry_get_value(entry))));
        }
    }
    std::sort(properties.begin(), properties.end());
    return properties;
}

/// The way from a hub to the one that shares its plug at the other speed, by which berth looks for it
/// (Documentation/ABI/testing/sysfs-bus-usb). On a host "port" and "peer" are links to ports, which udev does not know;
/// here they are folders, and the last step is a link all the way.
recording::Pairs links_of(const std::string& syspath) {
    namespace fs = std::filesystem;
    constexpr const char* way = "port/peer/device";
    std::error_code error;
    const fs::path other = fs::canonical(fs::path{syspath} / way, error);
    if (error || !other.string().starts_with("/sys/devices/")) {
        return {};
    }
    return {{way, other.lexically_relative((fs::path{syspath} / way).parent_path()).string()}};
}

} // namespace

bool is_recorded(udev_device* device) {
    return recording::is_recorded({.path = view(udev_device_get_devpath(device)),
                                   .subsystem = view(udev_device_get_subsystem(device)),
                                   .devtype = view(udev_device_get_devtype(device)),
                                   .type = view(udev_device_get_sysattr_value(device, "type"))});
}

recording::Device describe(udev_device* device) {
    const std::string syspath{view(udev_device_get_syspath(device))};
    recording::Device result{.path = std::string{view(udev_device_get_devpath(device))}};
    constexpr std::string_view nodes{"/dev/"};
    if (const std::string_view node = view(udev_device_get_devnode(device)); node.starts_with(nodes)) {
        result.node = node.substr(nodes.size());
    }
    result.properties = properties_of(device);
    for (const std::string& name : recording::recorded_attributes()) {
        if (auto content = content_of(syspath + "/" + name)) {
            result.attributes.emplace_back(name, without_end(std::move(*content)));
        }
    }
    result.links = links_of(syspath);
    return result;
}

} // namespace berth::recorder
