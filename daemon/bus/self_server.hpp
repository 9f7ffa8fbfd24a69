#pragma once

#include "bus/self_calls.hpp"
#include "bus/self_listener.hpp"
#include "model/event.hpp"
#include "ports/seat_ports.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

namespace berth::bus {

/// org.berth.Berth1.Self for desktops: one listening Unix socket a seat, in that seat's door, served by sd-bus
/// directly. Run becomes a Called event whose caller is the desktop itself, and is answered by `reply`. One thread: the
/// io_context's.
class SelfServer final : public ports::SelfSockets {
  public:
    static constexpr std::size_t max_clients = SelfListener::max_clients; ///< a seat

    /// `post` takes a SessionReady, and a Called, which it may answer at once. `peers` says whose process calls: a call
    /// that is not one of the desktop's own container's is refused.
    SelfServer(boost::asio::io_context& io, std::function<void(model::Happening)> post, PeerChecks peers,
               SelfLimits limits = {});
    ~SelfServer() override;

    Result<void> listen(const model::SeatName& seat, const std::string& path,
                        std::map<std::string, std::string> describe) override;
    void close(const model::SeatName& seat) override;
    void update(const model::Seat& seat) override;
    bool reply(const model::Reply& reply) override;

  private:
    class Service;

    struct Served {
        Service* service{nullptr}; ///< the listener's
        std::unique_ptr<SelfListener> listener;
    };

    boost::asio::io_context& io_;
    std::function<void(model::Happening)> post_;
    PeerChecks peers_;
    SelfLimits limits_;
    std::uint64_t last_call_{0};
    std::map<model::SeatName, Served> served_;
};

} // namespace berth::bus
