#pragma once

#include "base/unique_fd.hpp"
#include "bus/sd_bus.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

namespace berth::login1 {

/// A client's connection to a message bus by sd-bus (sd-bus(3)), on the io_context; for bodies that are copied without
/// knowing their types. One thread. What throws inside a callback loses the connection: the frames above it are C.
class Connection {
  public:
    struct Callbacks {
        /// Every message that is no reply to `call`. True: it was dealt with.
        std::function<bool(sd_bus_message*)> on_message;
        /// Once, from the io_context, never from inside a call of this class.
        std::function<void(const std::string& reason)> on_lost;
    };

    /// Gets the reply or an error message, or the error that sd-bus makes when the time is over.
    using Reply = std::function<void(sd_bus_message*)>;

    /// To `address` (D-Bus specification, "Server Addresses"); empty: the system bus. Connecting goes on in the
    /// background. Throws std::runtime_error when the address is malformed or nobody listens there.
    Connection(boost::asio::io_context& io, const std::string& address, Callbacks callbacks);

    /// On a connected stream socket. The peer is not trusted: when it leaves more than `max_unread` messages unread,
    /// the connection is lost.
    Connection(boost::asio::io_context& io, UniqueFd socket, std::size_t max_unread, Callbacks callbacks);

    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// A method call to be filled and given to `call`. Names are checked by sd-bus; throws std::runtime_error.
    [[nodiscard]] bus::OwnedMessage new_call(const std::string& destination, const std::string& path,
                                             const std::string& interface, const std::string& member) const;
    [[nodiscard]] bus::OwnedMessage new_signal(const std::string& path, const std::string& interface,
                                               const std::string& member) const;

    /// Sends a call. `reply` is called once unless this is destroyed or lost before. Throws std::runtime_error.
    void call(sd_bus_message* message, std::chrono::seconds limit, Reply reply);

    /// Sends a signal or a reply. Throws std::runtime_error.
    void send(sd_bus_message* message);

    /// As if the peer had hung up: `on_lost` follows.
    void hang_up(const std::string& reason);

    /// Calls without a reply yet.
    [[nodiscard]] std::size_t in_flight() const noexcept { return waiting_.size(); }

  private:
    struct Waiting;

    Connection(boost::asio::io_context& io, bus::OwnedBus bus, std::size_t max_unread, Callbacks callbacks);

    static int on_message(sd_bus_message* message, void* userdata, sd_bus_error* error) noexcept;
    static int on_reply(sd_bus_message* message, void* userdata, sd_bus_error* error) noexcept;

    bool process();
    void sent();

    boost::asio::io_context& io_;
    std::size_t max_unread_; ///< 0: no limit
    Callbacks callbacks_;
    std::string broken_;
    std::shared_ptr<Connection*> self_; ///< null pointer inside: lost was told
    bus::OwnedBus bus_;
    std::unordered_map<Waiting*, std::unique_ptr<Waiting>> waiting_; ///< before the bus goes: the slots are its
    std::unique_ptr<bus::AsioBus> loop_;
};

} // namespace berth::login1
