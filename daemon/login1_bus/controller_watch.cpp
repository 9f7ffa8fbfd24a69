#include "login1_bus/controller_watch.hpp"

#include "base/log.hpp"

#include <exception>
#include <utility>

namespace berth::login1 {

namespace {

constexpr const char* bus_driver = "org.freedesktop.DBus";

/// sd-bus's own error when the time is over, and the bus's when the peer left without an answer.
bool is_silence(sd_bus_message* reply) {
    return sd_bus_message_is_method_error(reply, SD_BUS_ERROR_NO_REPLY) > 0 ||
           sd_bus_message_is_method_error(reply, SD_BUS_ERROR_TIMEOUT) > 0;
}

} // namespace

ControllerWatch::ControllerWatch(boost::asio::io_context& io, Pace pace,
                                 std::function<void(const std::string& name)> on_hung)
    : pace_{pace}, on_hung_{std::move(on_hung)}, timer_{io} {}

void ControllerWatch::watch(const std::shared_ptr<ContainerBus>& bus, const std::string& name) {
    stop();
    bus_ = bus;
    name_ = name;
    wait();
}

void ControllerWatch::stop() {
    ++*watch_;
    missed_ = 0;
    bus_.reset();
    timer_.cancel();
}

void ControllerWatch::wait() {
    timer_.expires_after(pace_.interval);
    timer_.async_wait([this, watch = *watch_, current = std::weak_ptr{watch_}](const boost::system::error_code& error) {
        const auto now = current.lock();
        if (!error && now && *now == watch) {
            ask();
        }
    });
}

void ControllerWatch::ask() {
    ping(name_, [this](sd_bus_message* reply) { answered(reply); });
}

void ControllerWatch::answered(sd_bus_message* reply) {
    if (is_silence(reply)) {
        ask_bus();
    } else if (sd_bus_message_is_method_error(reply, SD_BUS_ERROR_ACCESS_DENIED) > 0) {
        log::info("the container's bus lets nobody ask whether the compositor answers: it is not watched");
        stop();
    } else { // any other error is an answer, too
        missed_ = 0;
        wait();
    }
}

void ControllerWatch::ask_bus() {
    ping(bus_driver, [this](sd_bus_message* reply) { bus_answered(!is_silence(reply)); });
}

void ControllerWatch::bus_answered(bool answered) {
    if (!answered) { // the container as a whole; how soon it says so is its own choice, and no reason to hurry
        missed_ = 0;
        wait();
        return;
    }
    if (++missed_ < pace_.misses) {
        ask();
        return;
    }
    stop();
    on_hung_(name_);
}

void ControllerWatch::ping(const std::string& destination, std::function<void(sd_bus_message*)> told) {
    const auto bus = bus_.lock();
    if (!bus) {
        return; // whoever lost it stops or begins anew
    }
    Connection& connection = bus->connection();
    try {
        const auto message = connection.new_call(destination, "/", "org.freedesktop.DBus.Peer", "Ping");
        connection.call(
            message.get(), pace_.limit,
            [told = std::move(told), watch = *watch_, current = std::weak_ptr{watch_}](sd_bus_message* reply) {
                const auto now = current.lock();
                if (now && *now == watch) {
                    told(reply);
                }
            });
    } catch (const std::exception& failure) { // the bus went a moment ago: nobody is above a timer who would catch it
        connection.hang_up(failure.what());
    }
}

} // namespace berth::login1
