#include "udev_relay/relay.hpp"

#include "base/log.hpp"
#include "udev_events/audience.hpp"
#include "udev_relay/reminder.hpp"
#include "udev_relay/seat_devices.hpp"

#include <exception>
#include <utility>

namespace berth::udev_relay {
namespace {

/// Lines in the journal: how often its bus comes and goes is the container's to choose.
constexpr std::size_t max_lines = 64;

} // namespace

Relay::Relay(boost::asio::io_context& io, std::string seat) : Relay{io, std::move(seat), Settings{}} {}

Relay::Relay(boost::asio::io_context& io, std::string seat, Settings settings)
    : io_{io}, seat_{std::move(seat)}, settings_{std::move(settings)}, timer_{io} {
    if (!settings_.devices) {
        settings_.devices = [name = seat_] { return devices_of(name); };
    }
    if (!settings_.is_there) {
        settings_.is_there = [](std::string_view devpath) { return udev_relay::is_there(devpath); };
    }
}

void Relay::attach(int connected) {
    detach();
    auto found = EventSender::to_peer_of(connected);
    if (!found) {
        say(false, "the desktop will not hear of devices that are plugged: " + found.error().message);
        return;
    }
    if (!*found) {
        return; // the host's own network, where it hears udevd itself
    }
    try {
        host_.emplace(
            io_, HostEvents::Callbacks{[this](std::string_view message) { pass_on(message); }, [this] { overrun(); }});
    } catch (const std::exception& failure) {
        say(false, std::string{"the desktop will not hear of devices that are plugged: "} + failure.what());
        return;
    }
    sender_ = std::move(*found);
    say(true, "udev's events of the seat are relayed into the container's network");
}

void Relay::detach() {
    timer_.cancel();
    host_.reset();
    sender_.reset();
}

void Relay::pass_on(std::string_view message) {
    const auto event = udev_events::read_message(message);
    if (!event || !udev_events::concerns(*event, seat_)) {
        return;
    }
    if (event->action == "remove" && settings_.is_there(event->devpath)) {
        say(false, "a message in udev's name says of a device that it is gone, and it is there: it is not passed on");
        return;
    }
    send(message);
}

void Relay::overrun() {
    say(false,
        "udev's events came faster than they could be read, and some are lost: the desktop is told of all devices "
        "of the seat again; one that was unplugged meanwhile may be shown until it is used");
    timer_.expires_after(settings_.quiet); // again for each overrun of a storm: once it is over
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) {
            tell_of_all();
        }
    });
}

void Relay::tell_of_all() {
    for (udev_events::Device& device : settings_.devices()) {
        send(reminder_of(std::move(device)));
    }
}

void Relay::send(std::string_view message) {
    if (!sender_) {
        return;
    }
    if (const auto done = sender_->send(message); !done) {
        say(false, done.error().message);
        return;
    }
    ++sent_;
}

void Relay::say(bool good, const std::string& sentence) {
    if (std::exchange(told_, sentence) == sentence || lines_ == max_lines) {
        return;
    }
    ++lines_;
    log::write(good ? log::Level::info : log::Level::warning, sentence, {{"BERTH_SEAT", seat_}});
}

} // namespace berth::udev_relay
