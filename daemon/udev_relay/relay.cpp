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

/// The path of the graphics card that a device is, or is an output of: "…/drm/card1" of "…/drm/card1/card1-DP-1".
/// Empty: it is neither.
std::string_view card_of(std::string_view subsystem, std::string_view devpath) {
    constexpr std::string_view mark{"/drm/card"};
    const std::size_t at = subsystem == "drm" ? devpath.find(mark) : std::string_view::npos;
    return at == std::string_view::npos ? std::string_view{} : devpath.substr(0, devpath.find('/', at + mark.size()));
}

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
    if (settings_.withhold_cards) {
        for (const udev_events::Device& device : settings_.devices()) {
            const std::string_view path = udev_events::value_of(device, "DEVPATH");
            if (const auto card = card_of(udev_events::value_of(device, "SUBSYSTEM"), path); !card.empty()) {
                cards_.emplace(card);
            }
        }
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
    if (!event || !udev_events::concerns(*event, seat_) || is_withheld(event->subsystem, event->devpath)) {
        return;
    }
    if (event->action == "remove" && settings_.is_there(event->devpath)) {
        say(false, "a message in udev's name says of a device that it is gone, and it is there: it is not passed on");
        return;
    }
    send(message);
}

bool Relay::is_withheld(std::string_view subsystem, std::string_view devpath) const {
    const std::string_view card = settings_.withhold_cards ? card_of(subsystem, devpath) : std::string_view{};
    return !card.empty() && !cards_.contains(card);
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
        if (!is_withheld(udev_events::value_of(device, "SUBSYSTEM"), udev_events::value_of(device, "DEVPATH"))) {
            send(reminder_of(std::move(device)));
        }
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
