#pragma once

#include "udev_events/message.hpp"

#include <string>
#include <string_view>

/// What of udev's words a client container is told. A client has nodes that it was given, no seat, no logind that rules
/// over them and no links below /dev to them: what the host says to those is taken out. client_view.cpp has the tables,
/// with a reason each.
namespace berth::udev_events {

/// The longest record that is read, in bytes. udev's have some hundred to some thousand.
inline constexpr std::size_t longest_record = std::size_t{64} * 1024;

/// By what udev's database names a device that has a node: "c226:128", "b8:0". Empty: it has no number.
std::string id_of(const Device& device);

/// True for what id_of() makes, and so for a name that stays in its folder.
bool is_device_id(std::string_view id) noexcept;

/// What is left of a device for a client.
Device for_client(Device device);

/// What is left for a client of a record of udev's database, /run/udev/data/ID: lines "E:KEY=VALUE", "G:TAG" and others
/// (systemd, src/libsystemd/sd-device/device-private.c, device_update_db). A line that is not whole, has control
/// characters in it, or is of a sort that is not known, is left out.
std::string record_for_client(std::string_view record);

/// The properties and tags that a record has, as it stands.
Device read_record(std::string_view record);

} // namespace berth::udev_events
