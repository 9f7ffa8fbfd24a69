#pragma once

#include "base/unique_fd.hpp"
#include "udev_events/message.hpp"
#include "udev_events/orders.hpp"
#include "udev_relay/event_sender.hpp"
#include "udev_relay/host_events.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace berth::udev_relay {

/// Tells client containers what becomes of the devices that they hold, and of no others: "add" and "remove" as their
/// grants come and go, and what udevd says of them meanwhile; cut down to what a client may know (udev_events::
/// for_client). Before each message the client's copy of the device's record is made to fit, as udevd writes its
/// database before it speaks. A client in this process's own network hears udevd itself: its copies are kept, and
/// nothing is sent. One thread: the io_context's. Never throws after its construction; what goes wrong is logged.
class ClientRelay {
  public:
    /// What is outside of this room. `id`: udev_events::is_device_id().
    struct Outside {
        /// The device as it is now and as a client may know it; nothing where it is not there or has no record.
        std::function<std::optional<udev_events::Device>(const std::string& id)> device;
        /// Makes the copy in `folder`, -1 where there is none, what the host's record is now, or takes it away.
        std::function<void(int folder, const std::string& id, bool shown)> renew;
    };

    /// `quiet`: how long it must be quiet after an overrun before all is told again.
    ClientRelay(boost::asio::io_context& io, Outside outside,
                std::chrono::milliseconds quiet = std::chrono::milliseconds{500});
    ClientRelay(const ClientRelay&) = delete;
    ClientRelay& operator=(const ClientRelay&) = delete;

    /// `process` and `folder` are a `follow`'s: a pidfd in the client's network namespace, and the folder of its
    /// records, none where it has none.
    void obey(const udev_events::Order& order, const UniqueFd& process, UniqueFd folder);

  private:
    struct Client {
        std::optional<EventSender> sender;
        UniqueFd folder;
        /// By id, what it holds; the device as it was told of, nothing while it is unplugged.
        std::map<std::string, std::optional<udev_events::Device>> held;
    };

    void follow(const udev_events::Order& order, const UniqueFd& process, UniqueFd folder);
    void tell(const std::string& name, Client& client, const std::vector<std::string>& devices);
    const std::optional<udev_events::Device>& take_up(Client& client, const std::string& id) const;
    void listen();
    void pass_on(std::string_view message);
    void pass_on_to(const std::string& name, Client& client, const std::string& id, const udev_events::Event& event);
    void overrun();
    void tell_all_again();
    void look_again(const std::string& name, Client& client, const std::string& id);
    static void send(const std::string& name, const Client& client, std::string_view message);

    boost::asio::io_context& io_;
    Outside outside_;
    std::chrono::milliseconds quiet_;
    boost::asio::steady_timer timer_;
    std::map<std::string, Client> clients_;
    std::optional<HostEvents> host_; ///< while there is a client
};

} // namespace berth::udev_relay
