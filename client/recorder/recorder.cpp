#include "recorder/recorder.hpp"

#include "recorder/describe.hpp"
#include "recording/selection.hpp"
#include "udev_handles/udev_handles.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace berth::recorder {
namespace {

using recording::Device;
using recording::Event;

constexpr int receive_buffer = 8 * 1024 * 1024;

std::string path_of(udev_device* device) {
    return std::string{view(udev_device_get_devpath(device))};
}

/// udev has no rules for what has no subsystem (the root of a PCI bus), and umockdev takes none.
bool has_subsystem(udev_device* device) {
    return udev_device_get_subsystem(device) != nullptr;
}

} // namespace

struct Recorder::Impl {
    Result<std::vector<Device>> look();
    std::optional<Event> event_of(udev_device* device, std::uint64_t at_ms);
    std::vector<Device> described(udev_device* device);
    std::vector<Device> outputs_of(udev_device* card);
    bool forget(const std::string& path);

    UdevHandle<udev> context;
    UdevHandle<udev_monitor> monitor;
    std::set<std::string> known; ///< paths of what was described and is there still
};

/// All that is there, and nothing else is known.
Result<std::vector<Device>> Recorder::Impl::look() {
    const UdevHandle<udev_enumerate> list{udev_enumerate_new(context.get())};
    if (!list) {
        return system_error("udev_enumerate_new", errno);
    }
    for (const std::string& subsystem : recording::recorded_subsystems()) {
        udev_enumerate_add_match_subsystem(list.get(), subsystem.c_str());
    }
    std::map<std::string, Device> found; // in the order of the paths what a device stands on is in front of it
    const int scanned = for_each_listed(context.get(), list.get(), [&](udev_device* device) {
        for (udev_device* each = is_recorded(device) ? device : nullptr; each != nullptr;
             each = udev_device_get_parent(each)) {
            if (has_subsystem(each) && !found.contains(path_of(each))) {
                found.emplace(path_of(each), describe(each));
            }
        }
    });
    if (scanned < 0) {
        return system_error("udev_enumerate_scan_devices", -scanned);
    }
    known.clear();
    std::vector<Device> devices;
    for (auto& [path, device] : found) {
        known.insert(path);
        devices.push_back(std::move(device));
    }
    return devices;
}

/// False: it was not known.
bool Recorder::Impl::forget(const std::string& path) {
    const bool was_known = known.contains(path);
    const std::string below = path + "/";
    std::erase_if(known, [&](const std::string& each) { return each == path || each.starts_with(below); });
    return was_known;
}

/// It, and in front of it what it stands on, as far as that is not known.
std::vector<Device> Recorder::Impl::described(udev_device* device) {
    std::vector<Device> devices{describe(device)};
    for (udev_device* each = udev_device_get_parent(device); each != nullptr; each = udev_device_get_parent(each)) {
        if (has_subsystem(each) && !known.contains(path_of(each))) {
            devices.push_back(describe(each));
        }
    }
    std::reverse(devices.begin(), devices.end());
    for (const Device& each : devices) {
        known.insert(each.path);
    }
    return devices;
}

/// The outputs of a graphics card: what becomes of one is told as a change of the card (drm_sysfs_hotplug_event,
/// drivers/gpu/drm/drm_sysfs.c).
std::vector<Device> Recorder::Impl::outputs_of(udev_device* card) {
    std::vector<Device> outputs;
    const UdevHandle<udev_enumerate> list{udev_enumerate_new(context.get())};
    if (!list || view(udev_device_get_subsystem(card)) != "drm" ||
        udev_enumerate_add_match_parent(list.get(), card) < 0) {
        return outputs;
    }
    for_each_listed(context.get(), list.get(), [&](udev_device* output) {
        if (path_of(output) != path_of(card) && is_recorded(output)) {
            known.insert(path_of(output));
            outputs.push_back(describe(output));
        }
    });
    return outputs;
}

/// Nothing: it is of no interest.
std::optional<Event> Recorder::Impl::event_of(udev_device* device, std::uint64_t at_ms) {
    Event event{.at_ms = at_ms, .action = std::string{view(udev_device_get_action(device))}, .path = path_of(device)};
    if (event.action == "remove") { // sysfs has forgotten what it was
        return forget(event.path) ? std::optional{event} : std::nullopt;
    }
    if (!is_recorded(device) || !has_subsystem(device) || event.action.empty()) {
        return std::nullopt;
    }
    if (event.action == "move") {
        forget(std::string{view(udev_device_get_property_value(device, "DEVPATH_OLD"))});
    }
    event.devices = described(device);
    if (event.action == "change") {
        const std::vector<Device> outputs = outputs_of(device);
        event.devices.insert(event.devices.begin(), outputs.begin(), outputs.end()); // its own comes last
    }
    return event;
}

Result<Recorder> Recorder::open() {
    auto impl = std::make_unique<Impl>();
    impl->context.reset(udev_new());
    if (!impl->context) {
        return system_error("udev_new", errno);
    }
    impl->monitor.reset(udev_monitor_new_from_netlink(impl->context.get(), "udev"));
    if (!impl->monitor) {
        return system_error("udev_monitor_new_from_netlink", errno);
    }
    for (const std::string& subsystem : recording::recorded_subsystems()) {
        udev_monitor_filter_add_match_subsystem_devtype(impl->monitor.get(), subsystem.c_str(), nullptr);
    }
    udev_monitor_set_receive_buffer_size(impl->monitor.get(), receive_buffer); // without it, losses are told
    if (const int error = udev_monitor_enable_receiving(impl->monitor.get()); error < 0) {
        return system_error("udev_monitor_enable_receiving", -error);
    }
    return Recorder{std::move(impl)};
}

Recorder::Recorder(std::unique_ptr<Impl> impl) noexcept : impl_{std::move(impl)} {}

Recorder::Recorder(Recorder&& other) noexcept = default;
Recorder& Recorder::operator=(Recorder&& other) noexcept = default;
Recorder::~Recorder() = default;

int Recorder::fd() const noexcept {
    return udev_monitor_get_fd(impl_->monitor.get());
}

Result<std::vector<Device>> Recorder::begin() {
    return impl_->look();
}

Result<std::optional<Event>> Recorder::next(std::uint64_t at_ms) {
    for (;;) {
        errno = 0;
        const UdevHandle<udev_device> device{udev_monitor_receive_device(impl_->monitor.get())};
        if (device) {
            if (auto event = impl_->event_of(device.get(), at_ms)) {
                return event;
            }
        } else if (errno == ENOBUFS) {
            auto all = impl_->look();
            if (!all) {
                return all.error();
            }
            return std::optional{Event{.at_ms = at_ms, .devices = std::move(*all)}};
        } else if (errno == EAGAIN || errno == 0) {
            return std::optional<Event>{};
        } else if (errno != EINTR) {
            return system_error("udev_monitor_receive_device", errno);
        }
    }
}

} // namespace berth::recorder
