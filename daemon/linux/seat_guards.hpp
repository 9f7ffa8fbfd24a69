#pragma once

#include "ports/seat_ports.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace berth::os {

/// ports::SeatGuards by the program berth-guard: a lease file (guard/lease.hpp) and a connection a seat, in
/// RUNTIME/guard. The connection is how each knows that the other lives. Never blocks. One thread.
class SeatGuards final : public ports::SeatGuards {
  public:
    /// Starts the guard of a seat; done when it listens.
    using Start = std::function<void(const model::SeatName& seat, Done<void> done)>;

    /// Between two tries to reach a guard that is gone.
    static constexpr std::chrono::milliseconds retry_after{200};

    SeatGuards(boost::asio::io_context& io, std::string runtime_dir, Start start);
    SeatGuards(const SeatGuards&) = delete;
    SeatGuards& operator=(const SeatGuards&) = delete;
    ~SeatGuards() override;

    void arm(const model::Seat& seat, Done<void> done) override;
    void tell(const model::Seat& seat) override;
    void give_back(const model::SeatName& seat) override;
    void disarm(const model::SeatName& seat) override;

    /// The usual ways: `systemctl start berth-guard@SEAT.service` where `by_systemd`, else PROGRAM --detach, which
    /// leaves a guard behind in a session and control group of its own.
    static Start starter(boost::asio::io_context& io, const std::string& program, const std::string& runtime_dir,
                         bool by_systemd);

  private:
    struct Link;

    [[nodiscard]] std::shared_ptr<Link> link_of(const model::SeatName& seat);

    boost::asio::io_context& io_;
    std::string folder_;
    Start start_;
    std::map<model::SeatName, std::shared_ptr<Link>> links_;
};

} // namespace berth::os
