#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::udev_events {

/// What berthd tells berth-udev, a message each.
struct Order {
    enum class Kind {
        follow, ///< the client runs and holds `devices`: it is told of what becomes of them from now on. Two
                ///< descriptors come along: a pidfd of its init, and the folder of the records that it sees
        tell,   ///< … and now holds `devices`: it is told of what came and what went
        forget, ///< nothing more to that client
    };

    Kind kind{Kind::follow};
    std::string client;
    std::vector<std::string> devices; ///< ids, is_device_id(); none of a `forget`

    bool operator==(const Order&) const = default;
};

/// The longest order in bytes: some thousand devices.
inline constexpr std::size_t longest_order = std::size_t{64} * 1024;

/// Lines: the kind, the client's name, then a device each.
std::string write_order(const Order& order);

/// Nothing where the text is no order: an unknown kind, no name, or what is no device's id.
std::optional<Order> read_order(std::string_view text);

} // namespace berth::udev_events
