#pragma once

#include "base/result.hpp"
#include "model/hardware.hpp"
#include "model/ids.hpp"

#include <libudev.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

/// The devices of the host that berth knows of. Private to linux/.
namespace berth::os {

/// Node paths by seat, sorted.
using SeatNodes = std::map<model::SeatName, std::vector<std::string>>;

/// What sysfs and udev's database said of each device that a desktop or a dock may be made of, by its path in sysfs. It
/// is kept, so that a change costs a look at what has changed, and not at all devices. One thread at a time, the one of
/// the context, which must outlive it.
class DeviceTable {
  public:
    enum class Scope {
        nodes,   ///< what seats are made of: subsystems drm, input and sound
        hardware ///< and all that hardware() tells of
    };

    DeviceTable(udev* context, Scope scope) : context_{context}, scope_{scope} {}

    /// Reads all devices: some ten milliseconds. After an error what was known before is still known.
    Result<void> read_all();

    /// Reads the device at this path ("/sys/devices/…") and all that are below it; those that are no more are
    /// forgotten. After an error some may be missing: read_all() then.
    Result<void> read_below(const std::string& path);

    /// DRM cards, input event nodes and sound nodes by their ID_SEAT, and the render nodes of the GPUs of those cards.
    [[nodiscard]] SeatNodes nodes() const;

    /// As read_hardware() tells them.
    [[nodiscard]] std::vector<model::Device> hardware() const;

  private:
    /// What one device is to berth: a node of a seat, a part of the hardware, or both.
    struct Facts {
        enum class Node { none, of_seat, card, render };

        Node kind{Node::none};
        std::string node;
        model::SeatName seat;
        std::string gpu; ///< of a card and a render node: where the GPU is
        std::optional<model::Device> hardware;
    };

    using Table = std::map<std::string, Facts>;

    void take(udev_device* device, Table& table) const;
    static Facts::Node kind_of_node(udev_device* device);
    /// The other half of a hub can come later, and then says nothing of this one.
    static void find_companions(Table& table);

    udev* context_;
    Scope scope_;
    Table table_;
};

} // namespace berth::os
