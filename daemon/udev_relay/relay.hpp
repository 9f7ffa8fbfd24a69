#pragma once

#include "udev_events/message.hpp"
#include "udev_relay/event_sender.hpp"
#include "udev_relay/host_events.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace berth::udev_relay {

/// Tells a container's desktop what udevd says of its seat's devices, byte for byte as udevd said it: udev's events
/// reach no other network namespace than udevd's own. When the host's socket overran, all devices of the seat are told
/// of once more, so that what was plugged meanwhile is known. One thread: the io_context's. Never throws after its
/// construction; what goes wrong is logged, each sentence once in a row.
class Relay {
  public:
    using Devices = std::function<std::vector<udev_events::Device>()>;

    /// What is not told, and for tests where the devices of a resynchronisation come from, how long it must be quiet
    /// before, and which are there.
    struct Settings {
        bool withhold_cards{false}; ///< a graphics card that was not there at the construction is never told of
        Devices devices{};          ///< none: devices_of(seat)
        std::function<bool(std::string_view devpath)> is_there{}; ///< none: udev_relay::is_there
        std::chrono::milliseconds quiet{500};                     ///< after an overrun
    };

    Relay(boost::asio::io_context& io, std::string seat);
    Relay(boost::asio::io_context& io, std::string seat, Settings settings);
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    /// From now on into the network of whoever listens on the other end of a connected Unix socket; see EventSender.
    /// The socket is not kept. Where that network is this process's own nothing is to be done.
    void attach(int connected);

    /// The container's bus is gone, and its network may be.
    void detach();

    /// Events go into another network.
    [[nodiscard]] bool is_relaying() const noexcept { return sender_.has_value(); }

    /// How many events were sent since the construction.
    [[nodiscard]] std::size_t sent() const noexcept { return sent_; }

  private:
    void pass_on(std::string_view message);
    [[nodiscard]] bool is_withheld(std::string_view subsystem, std::string_view devpath) const;
    void overrun();
    void tell_of_all();
    void send(std::string_view message);
    void say(bool good, const std::string& sentence);

    boost::asio::io_context& io_;
    std::string seat_;
    Settings settings_;
    boost::asio::steady_timer timer_;
    std::set<std::string, std::less<>> cards_; ///< paths of those that may be told of, where others may not
    std::optional<EventSender> sender_;
    std::optional<HostEvents> host_; ///< while there is a sender
    std::size_t sent_{0};
    std::string told_;
    std::size_t lines_{0};
};

} // namespace berth::udev_relay
