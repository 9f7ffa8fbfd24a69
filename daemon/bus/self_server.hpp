#pragma once

#include "model/event.hpp"
#include "ports/seat_ports.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <map>
#include <memory>

namespace berth::bus {

/// org.berth.Berth1.Self: one listening Unix socket a seat, in that seat's door, served by sd-bus directly.
class SelfServer final : public ports::SelfSockets {
  public:
    /// Clients served at once a seat; one more is hung up on.
    static constexpr std::size_t max_clients = 16;

    /// `post` takes a SessionReady.
    SelfServer(boost::asio::io_context& io, std::function<void(model::Happening)> post);
    ~SelfServer() override;

    Result<void> listen(const model::SeatName& seat, const std::string& path,
                        std::map<std::string, std::string> describe) override;
    void close(const model::SeatName& seat) override;

  private:
    class Listener;
    boost::asio::io_context& io_;
    std::function<void(model::Happening)> post_;
    std::map<model::SeatName, std::unique_ptr<Listener>> listeners_;
};

} // namespace berth::bus
