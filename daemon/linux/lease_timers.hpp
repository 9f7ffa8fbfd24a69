#pragma once

#include "base/unique_fd.hpp"
#include "ports/client_ports.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <map>
#include <memory>

namespace berth::os {

/// CLOCK_BOOTTIME in microseconds.
model::Microseconds boot_time() noexcept;

/// ports::LeaseTimers by one timer of the kernel for all (timerfd_create(2), CLOCK_BOOTTIME), set to the first that is
/// to come. One thread: the io_context's. No callback runs after `clear`, after a new `arm` of the same client, or
/// after destruction.
class LeaseTimers final : public ports::LeaseTimers {
  public:
    /// Throws std::runtime_error where the kernel gives no timer.
    explicit LeaseTimers(boost::asio::io_context& io);
    LeaseTimers(const LeaseTimers&) = delete;
    LeaseTimers& operator=(const LeaseTimers&) = delete;
    ~LeaseTimers() override;

    void arm(const model::ClientId& client, model::Microseconds at,
             std::function<void(model::Microseconds now)> fired) override;
    void clear(const model::ClientId& client) override;

  private:
    struct Slot {
        model::Microseconds at{0};
        std::function<void(model::Microseconds)> fired;
    };

    void wait();
    void set();
    void fire();

    boost::asio::posix::stream_descriptor timer_;
    std::map<model::ClientId, Slot> slots_;
    std::shared_ptr<int> alive_{std::make_shared<int>(0)};
};

} // namespace berth::os
