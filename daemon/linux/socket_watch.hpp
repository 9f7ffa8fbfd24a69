#pragma once

#include "ports/client_ports.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <map>
#include <memory>

namespace berth::os {

/// ports::SocketWatch by inotify(7) on the desktop's XDG_RUNTIME_DIR and the folder of its Pulse socket. The desktop
/// may make as many files there as it likes: after a change nothing is read until `settle` has passed, so that berthd
/// looks once in that time at most, and what is told is what has come to rest. One thread: the io_context's.
class SocketWatch final : public ports::SocketWatch {
  public:
    explicit SocketWatch(boost::asio::io_context& io,
                         std::chrono::milliseconds settle = std::chrono::milliseconds{300});
    SocketWatch(const SocketWatch&) = delete;
    SocketWatch& operator=(const SocketWatch&) = delete;
    ~SocketWatch() override;

    /// A desktop without a door, or a kernel without inotify, is not watched; the latter is logged.
    void watch(const model::Seat& seat, std::function<void()> renewed) override;
    void forget(const model::SeatName& seat) override;

  private:
    struct Watch;

    boost::asio::io_context& io_;
    std::chrono::milliseconds settle_;
    std::map<model::SeatName, std::shared_ptr<Watch>> watches_;
};

} // namespace berth::os
