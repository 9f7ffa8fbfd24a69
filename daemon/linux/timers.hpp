#pragma once

#include "ports/seat_ports.hpp"

#include <boost/asio/io_context.hpp>

#include <map>
#include <memory>

namespace berth::os {

/// ports::Timers by one boost::asio::steady_timer a seat. One thread: the io_context's. No callback runs after
/// `clear`, after a new `arm` of the same seat, or after destruction, also when its time had passed already.
class Timers final : public ports::Timers {
  public:
    explicit Timers(boost::asio::io_context& io);
    Timers(const Timers&) = delete;
    Timers& operator=(const Timers&) = delete;
    ~Timers() override;

    void arm(const model::Subject& subject, std::chrono::milliseconds after, std::function<void()> fired) override;
    void clear(const model::Subject& subject) override;

  private:
    struct Slot;

    boost::asio::io_context& io_;
    std::map<model::Subject, std::shared_ptr<Slot>> slots_;
};

} // namespace berth::os
