#include "recordings/testbed.hpp"

#include "recording/text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace berth::test {
namespace {

using recording::Device;
using recording::Event;
using recording::Pairs;
using recording::value_of;

/// Without its node, for which umockdev would make a pseudo-terminal that it cannot make a second time: that the node
/// has a name is all that berth asks for, and DEVNAME says it.
Device without_node(Device device) {
    device.node.clear();
    std::erase_if(device.attributes, [](const auto& attribute) { return attribute.first == "dev"; });
    return device;
}

std::string subsystem_of(const Device& device) {
    const std::string* const name = value_of(device.properties, "SUBSYSTEM");
    return name == nullptr ? std::string{} : *name;
}

std::string name_of(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

/// The file "uevent" of sysfs, where umockdev keeps a device's properties; in it DEVNAME is as the kernel has it.
std::string uevent_of(const Device& device) {
    constexpr std::string_view nodes{"/dev/"};
    std::string text;
    for (const auto& [name, value] : device.properties) {
        const bool is_node = name == "DEVNAME" && value.starts_with(nodes);
        text.append(name).append("=").append(is_node ? value.substr(nodes.size()) : value).append("\n");
    }
    return text;
}

std::string sys(const std::string& path) {
    return "/sys" + path;
}

} // namespace

Testbed::Testbed() : testbed_{umockdev_testbed_new()} {
    gchar* root = umockdev_testbed_get_root_dir(testbed_);
    root_ = root;
    g_free(root);
}

Testbed::~Testbed() {
    g_clear_object(&testbed_);
}

bool Testbed::is_possible() {
    const char* preloaded = std::getenv("LD_PRELOAD"); // NOLINT(concurrency-mt-unsafe): one thread
    return preloaded != nullptr && std::string{preloaded}.find("umockdev") != std::string::npos;
}

std::string Testbed::file_of(const std::string& path, const std::string& name) const {
    return root_ + sys(path) + "/" + name;
}

void Testbed::put(const std::vector<Device>& devices) {
    for (const Device& device : devices) {
        present_.contains(device.path) ? change(without_node(device)) : add(without_node(device));
    }
}

void Testbed::add(const Device& device) {
    for (const auto& [path, other] : present_) { // umockdev would end the process
        ASSERT_FALSE(name_of(path) == name_of(device.path) && subsystem_of(other) == subsystem_of(device))
            << device.path << " comes, and " << path << " is still there";
    }
    GError* error = nullptr;
    if (umockdev_testbed_add_from_string(testbed_, text_of(device).c_str(), &error) == 0) {
        ADD_FAILURE() << device.path << ": " << (error == nullptr ? "umockdev does not take it" : error->message);
        g_clear_error(&error);
        return;
    }
    present_.emplace(device.path, device);
}

/// umockdev has no call for a device that becomes another: its files are written anew.
void Testbed::change(const Device& device) {
    Device& before = present_.at(device.path);
    const std::string path = sys(device.path);
    for (const Pairs& gone : {before.attributes, before.links}) {
        for (const auto& pair : gone) {
            std::filesystem::remove(file_of(device.path, pair.first));
        }
    }
    umockdev_testbed_set_attribute(testbed_, path.c_str(), "uevent", uevent_of(device).c_str());
    for (auto [name, value] : device.attributes) {
        umockdev_testbed_set_attribute_binary(testbed_, path.c_str(), name.c_str(),
                                              reinterpret_cast<guint8*>(value.data()), static_cast<gint>(value.size()));
    }
    for (const auto& [name, target] : device.links) {
        umockdev_testbed_set_attribute_link(testbed_, path.c_str(), name.c_str(), target.c_str());
    }
    before = device;
}

/// With all that is behind it, which goes first.
void Testbed::remove(const std::string& path) {
    std::vector<std::string> going;
    for (const auto& [each, device] : present_) {
        if (each == path || each.starts_with(path + "/")) {
            going.push_back(each);
        }
    }
    std::reverse(going.begin(), going.end());
    for (const std::string& each : going) {
        umockdev_testbed_uevent(testbed_, sys(each).c_str(), "remove");
        umockdev_testbed_remove_device(testbed_, sys(each).c_str());
        if (subsystem_of(present_.at(each)) == "block") { // umockdev forgets this link, and fails at the next such disk
            std::filesystem::remove(root_ + "/sys/block/" + name_of(each));
        }
        present_.erase(each);
    }
}

void Testbed::keep_only(const std::vector<Device>& devices) {
    std::vector<std::string> going;
    for (const auto& [path, device] : present_) {
        if (std::none_of(devices.begin(), devices.end(), [&](const Device& each) { return each.path == path; })) {
            going.push_back(path);
        }
    }
    for (const std::string& path : going) {
        remove(path);
    }
}

void Testbed::apply(const Event& event) {
    if (event.action == "remove") {
        remove(event.path);
        return;
    }
    const bool is_new = !present_.contains(event.path);
    if (event.action.empty()) { // some were lost: what is told of now is all that there is
        keep_only(event.devices);
    } else if (event.action == "move") {
        ASSERT_FALSE(event.devices.empty()) << event.path;
        if (const std::string* const old = value_of(event.devices.back().properties, "DEVPATH_OLD")) {
            remove(*old);
        }
    }
    put(event.devices);
    if (!event.action.empty() && !(is_new && event.action == "add")) { // which umockdev has sent
        umockdev_testbed_uevent(testbed_, sys(event.path).c_str(), event.action.c_str());
    }
}

} // namespace berth::test
