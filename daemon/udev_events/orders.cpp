#include "udev_events/orders.hpp"

#include "udev_events/client_view.hpp"

#include <array>
#include <utility>

namespace berth::udev_events {
namespace {

constexpr std::array kinds{std::pair{Order::Kind::follow, std::string_view{"follow"}},
                           std::pair{Order::Kind::tell, std::string_view{"tell"}},
                           std::pair{Order::Kind::forget, std::string_view{"forget"}}};

std::optional<Order::Kind> kind_of(std::string_view word) {
    for (const auto& [kind, name] : kinds) {
        if (name == word) {
            return kind;
        }
    }
    return std::nullopt;
}

/// Up to the end of the line, which is taken off; nothing where there is no whole line.
std::optional<std::string_view> take_line(std::string_view& rest) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return line;
}

} // namespace

std::string write_order(const Order& order) {
    std::string text;
    for (const auto& [kind, name] : kinds) {
        text.append(kind == order.kind ? name : std::string_view{});
    }
    text.append("\n").append(order.client).append("\n");
    for (const std::string& device : order.devices) {
        text.append(device).append("\n");
    }
    return text;
}

std::optional<Order> read_order(std::string_view text) {
    const auto word = take_line(text);
    const auto client = word ? take_line(text) : std::nullopt;
    const auto kind = word ? kind_of(*word) : std::nullopt;
    if (!kind || !client || client->empty()) {
        return std::nullopt;
    }
    Order order{*kind, std::string{*client}, {}};
    while (!text.empty()) {
        const auto device = take_line(text);
        if (!device || !is_device_id(*device)) {
            return std::nullopt;
        }
        order.devices.emplace_back(*device);
    }
    return order;
}

} // namespace berth::udev_events
