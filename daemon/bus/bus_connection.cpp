#include "bus/bus_connection.hpp"

#include "bus/sdbus_compat.hpp"

#include <boost/asio/post.hpp>

#include <stdexcept>
#include <utility>

namespace berth::bus {

namespace {

std::unique_ptr<sdbus::IConnection> connect(const std::string& address) {
    try {
        return compat::open(address);
    } catch (const sdbus::Error& error) {
        throw std::runtime_error{"cannot reach " + (address.empty() ? std::string{"the system bus"} : address) + ": " +
                                 error.getMessage()};
    }
}

PollRequest poll_request(sdbus::IConnection& connection) {
    const auto data = connection.getEventLoopPollData();
    PollRequest request{
        .fd = data.fd, .events = data.events, .deadline = std::nullopt, .wake_fd = compat::wake_fd(data)};
    const int timeout_ms = data.getPollTimeout(); // -1: none
    if (timeout_ms >= 0) {
        request.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds{timeout_ms};
    }
    return request;
}

} // namespace

BusConnection::BusConnection(boost::asio::io_context& io, const std::string& address, AsioBus::Lost on_lost)
    : io_{io}, connection_{connect(address)},
      loop_{std::make_unique<AsioBus>(io,
                                      AsioBus::Source{[this] { return poll_request(*connection_); },
                                                      [this] { return compat::process(*connection_); }},
                                      std::move(on_lost))} {}

BusConnection::~BusConnection() = default;

void BusConnection::post(std::function<void()> work) {
    boost::asio::post(io_, std::move(work));
}

Result<void> BusConnection::own(const std::string& name) {
    try {
        connection_->requestName(compat::ServiceName{name});
        rearm();
        return {};
    } catch (const sdbus::Error& error) {
        return Error{ErrorCode::failed, "cannot own the name " + name + " on the bus: " + error.getMessage()};
    }
}

Result<void> BusConnection::release(const std::string& name) {
    try {
        connection_->releaseName(compat::ServiceName{name});
        rearm();
        return {};
    } catch (const sdbus::Error& error) {
        return Error{ErrorCode::failed, "cannot give up the name " + name + ": " + error.getMessage()};
    }
}

} // namespace berth::bus
