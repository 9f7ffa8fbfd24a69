#pragma once

#include "base/unique_fd.hpp"
#include "ports/client_ports.hpp"
#include "udev_events/orders.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace berth::os {

/// ports::DeviceNews by the program berth-udev (daemon/udev_relay), one process for all clients: to speak in a
/// container's network that has to be entered, which berthd itself never does.
///
/// - It is started when the first client holds a device, and hears of each by a socket (udev_events::Order).
/// - It ends when that socket does, with berthd; the next berthd starts its own, which follows the clients that go on.
///   What udevd says between the two reaches no client.
/// - One that dies while it is needed is started anew at once, and follows all clients again; one that dies within a
///   second of its start is started with the next news.
///
/// One thread: the io_context's.
class DeviceNews final : public ports::DeviceNews {
  public:
    /// `command`: berth-udev and its arguments.
    DeviceNews(boost::asio::io_context& io, std::vector<std::string> command);
    DeviceNews(const DeviceNews&) = delete;
    DeviceNews& operator=(const DeviceNews&) = delete;
    ~DeviceNews() override;

    void follow(const model::ClientId& client, pid_t init, const std::string& door,
                const std::vector<std::string>& devices) override;
    void tell(const model::ClientId& client, const std::vector<std::string>& devices) override;
    void forget(const model::ClientId& client) override;

    /// The process that runs; 0: none does.
    [[nodiscard]] pid_t process() const noexcept;

  private:
    struct Program;

    struct Followed {
        pid_t init{0};
        UniqueFd process; ///< its pidfd
        UniqueFd folder;  ///< of the records that it sees; none where its door has none
        std::vector<std::string> devices;
    };

    bool start();
    void watch();
    void ended(const std::shared_ptr<Program>& program);
    void send_follow(const model::ClientId& client, const Followed& followed);
    void send(const udev_events::Order& order, const std::vector<int>& descriptors);
    [[nodiscard]] bool is_needed() const;

    boost::asio::io_context& io_;
    std::vector<std::string> command_;
    std::map<model::ClientId, Followed> clients_;
    std::shared_ptr<Program> program_;
    std::shared_ptr<DeviceNews*> self_; ///< what a wait that is over by now looks at: this may have gone first
};

} // namespace berth::os
