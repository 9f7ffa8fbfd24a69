#include "udev_relay/client_relay.hpp"

#include "base/log.hpp"
#include "udev_events/client_view.hpp"
#include "udev_relay/reminder.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace berth::udev_relay {

using udev_events::Device;
using udev_events::Order;
using udev_events::write_message;

namespace {

void complain(const std::string& client, const std::string& sentence) {
    log::warning(sentence, {{"BERTH_CLIENT", client}});
}

} // namespace

ClientRelay::ClientRelay(boost::asio::io_context& io, Outside outside, std::chrono::milliseconds quiet)
    : io_{io}, outside_{std::move(outside)}, quiet_{quiet}, timer_{io} {}

void ClientRelay::obey(const Order& order, const UniqueFd& process, UniqueFd folder) {
    if (order.kind == Order::Kind::follow) {
        follow(order, process, std::move(folder));
        return;
    }
    const auto client = clients_.find(order.client);
    if (client == clients_.end()) {
        return; // one that has ended before it could be followed
    }
    if (order.kind == Order::Kind::tell) {
        tell(order.client, client->second, order.devices);
    } else {
        clients_.erase(client);
    }
    if (clients_.empty()) {
        timer_.cancel();
        host_.reset();
    }
}

void ClientRelay::follow(const Order& order, const UniqueFd& process, UniqueFd folder) {
    listen(); // first: what happens from here on is not missed
    Client& client = clients_[order.client] = Client{std::nullopt, std::move(folder), {}};
    auto sender = EventSender::to_network_of(process.get());
    if (sender) {
        client.sender = std::move(*sender);
    } else {
        complain(order.client, "the client will not hear of its devices: " + sender.error().message);
    }
    for (const std::string& id : order.devices) {
        take_up(client, id);
    }
}

void ClientRelay::tell(const std::string& name, Client& client, const std::vector<std::string>& devices) {
    for (auto own = client.held.begin(); own != client.held.end();) {
        if (std::find(devices.begin(), devices.end(), own->first) != devices.end()) {
            ++own;
            continue;
        }
        outside_.renew(client.folder.get(), own->first, false);
        if (own->second) {
            send(name, client, write_message("remove", *own->second));
        }
        own = client.held.erase(own);
    }
    for (const std::string& id : devices) {
        if (client.held.contains(id)) {
            continue;
        }
        if (const auto& device = take_up(client, id)) {
            send(name, client, write_message("add", *device));
        }
    }
}

/// What became of it since berthd has looked is in its record from here on.
const std::optional<Device>& ClientRelay::take_up(Client& client, const std::string& id) const {
    auto& device = client.held[id] = outside_.device(id);
    outside_.renew(client.folder.get(), id, device.has_value());
    return device;
}

void ClientRelay::listen() {
    if (host_) {
        return;
    }
    try {
        host_.emplace(
            io_, HostEvents::Callbacks{[this](std::string_view message) { pass_on(message); }, [this] { overrun(); }});
    } catch (const std::exception& failure) { // what is granted and taken is told all the same
        log::warning(std::string{"clients will not hear of what is plugged: "} + failure.what());
    }
}

void ClientRelay::pass_on(std::string_view message) {
    const auto event = udev_events::read_event(message);
    const std::string id = event ? udev_events::id_of(event->device) : std::string{};
    if (id.empty()) {
        return;
    }
    for (auto& [name, client] : clients_) {
        if (client.held.contains(id)) {
            pass_on_to(name, client, id, *event);
        }
    }
}

void ClientRelay::pass_on_to(const std::string& name, Client& client, const std::string& id,
                             const udev_events::Event& event) {
    const bool is_gone = event.action == "remove";
    const Device device = udev_events::for_client(event.device);
    outside_.renew(client.folder.get(), id, !is_gone);
    client.held[id] = is_gone ? std::nullopt : std::optional{device};
    send(name, client, write_message(event.action, device));
}

void ClientRelay::overrun() {
    log::warning("udev's events came faster than they could be read, and some are lost: clients are told of all that "
                 "they hold again");
    timer_.expires_after(quiet_); // again for each overrun of a storm: once it is over
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) {
            tell_all_again();
        }
    });
}

void ClientRelay::tell_all_again() {
    for (auto& [name, client] : clients_) {
        for (const auto& entry : std::map{client.held}) { // a copy: what is told is noted
            look_again(name, client, entry.first);
        }
    }
}

void ClientRelay::look_again(const std::string& name, Client& client, const std::string& id) {
    auto& known = client.held[id];
    auto now = outside_.device(id);
    outside_.renew(client.folder.get(), id, now.has_value());
    if (known && now) {
        send(name, client, reminder_of(*now));
    } else if (now) {
        send(name, client, write_message("add", *now));
    } else if (known) {
        send(name, client, write_message("remove", *known));
    }
    known = std::move(now);
}

void ClientRelay::send(const std::string& name, const Client& client, std::string_view message) {
    if (!client.sender) {
        return;
    }
    if (const auto sent = client.sender->send(message); !sent) {
        complain(name, sent.error().message);
    }
}

} // namespace berth::udev_relay
