#pragma once

#include "login1_bus/container_bus.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace berth::login1 {

/// Sees that the program that has control of the session still answers on the container's bus (Ping of
/// org.freedesktop.DBus.Peer, D-Bus specification). One that was stopped, or hangs in the kernel, would keep screen and
/// keyboard: the kernel's own keys for switching are off then. A container that is paused as a whole is no such case:
/// its bus does not answer either, and nothing is concluded. One thread: the io_context's.
class ControllerWatch {
  public:
    struct Pace {
        std::chrono::milliseconds interval{10'000}; ///< between an answer and the next question
        std::chrono::seconds limit{10};             ///< for one answer
        unsigned misses{2};                         ///< questions in a row without an answer
    };

    /// `on_hung`: the controller's name; once, then the watch has ended.
    ControllerWatch(boost::asio::io_context& io, Pace pace, std::function<void(const std::string& name)> on_hung);
    ControllerWatch(const ControllerWatch&) = delete;
    ControllerWatch& operator=(const ControllerWatch&) = delete;
    ~ControllerWatch() = default;

    /// From now on this one; ends the watch of another. A bus whose policy refuses the question (a system bus lets only
    /// those methods be called that a file of the image opens) ends the watch with a line in the journal.
    void watch(const std::shared_ptr<ContainerBus>& bus, const std::string& name);

    void stop();

  private:
    void wait();
    void ask();
    void answered(sd_bus_message* reply);
    void ask_bus();
    void bus_answered(bool answered);

    /// Sends Ping; `told` gets the reply unless the watch is another one by then.
    void ping(const std::string& destination, std::function<void(sd_bus_message*)> told);

    Pace pace_;
    std::function<void(const std::string&)> on_hung_;
    boost::asio::steady_timer timer_;
    std::weak_ptr<ContainerBus> bus_;
    std::string name_;
    unsigned missed_{0};
    /// Changes with what is watched: an answer for an earlier one is late. Shared: a question may outlive this.
    std::shared_ptr<std::uint64_t> watch_{std::make_shared<std::uint64_t>(0)};
};

} // namespace berth::login1
