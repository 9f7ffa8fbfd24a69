#pragma once

#include <linux/netlink.h>
#include <sys/socket.h>

#include <cstdint>

namespace berth::udev_relay {

/// The multicast group of NETLINK_KOBJECT_UEVENT in which udevd tells of a device when its rules are through; 1 is the
/// kernel's own (MONITOR_GROUP_UDEV, systemd, src/libsystemd/sd-device/device-monitor-private.h).
inline constexpr std::uint32_t udev_group = 2;

/// A group's address, to be bound or sent to (netlink(7)).
inline sockaddr_nl address_of(std::uint32_t group) noexcept {
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = group;
    return address;
}

} // namespace berth::udev_relay
