#include "linux/lease_timers.hpp"

#include "base/log.hpp"
#include "base/result.hpp"

#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <stdexcept>
#include <unistd.h>
#include <utility>
#include <vector>

namespace berth::os {
namespace {

constexpr model::Microseconds second_us = 1'000'000;

int boot_timer() {
    const int timer = ::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (timer < 0) {
        throw std::runtime_error{system_error("timerfd_create", errno).message};
    }
    return timer;
}

} // namespace

model::Microseconds boot_time() noexcept {
    timespec time{};
    ::clock_gettime(CLOCK_BOOTTIME, &time); // cannot fail for this clock: clock_gettime(2), ERRORS
    return model::Microseconds{time.tv_sec} * second_us + time.tv_nsec / 1'000;
}

LeaseTimers::LeaseTimers(boost::asio::io_context& io) : timer_{io, boot_timer()} {
    wait();
}

LeaseTimers::~LeaseTimers() = default;

void LeaseTimers::arm(const model::ClientId& client, model::Microseconds at,
                      std::function<void(model::Microseconds now)> fired) {
    slots_[client] = Slot{std::max<model::Microseconds>(1, at), std::move(fired)};
    set();
}

void LeaseTimers::clear(const model::ClientId& client) {
    slots_.erase(client);
    set();
}

void LeaseTimers::set() {
    model::Microseconds first = 0; // which disarms it
    for (const auto& [client, slot] : slots_) {
        first = first == 0 ? slot.at : std::min(first, slot.at);
    }
    itimerspec when{};
    when.it_value.tv_sec = first / second_us;
    when.it_value.tv_nsec = (first % second_us) * 1'000;
    if (::timerfd_settime(timer_.native_handle(), TFD_TIMER_ABSTIME, &when, nullptr) != 0) {
        log::error(system_error("timerfd_settime", errno).message);
    }
}

void LeaseTimers::wait() {
    timer_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                      [this, weak = std::weak_ptr<int>{alive_}](const boost::system::error_code& error) {
                          if (!weak.expired() && !error) {
                              fire();
                              wait();
                          }
                      });
}

void LeaseTimers::fire() {
    std::uint64_t times = 0;
    static_cast<void>(::read(timer_.native_handle(), &times, sizeof times)); // EAGAIN: it was set anew meanwhile
    const model::Microseconds now = boot_time();
    std::vector<model::ClientId> due;
    for (const auto& [client, slot] : slots_) {
        if (slot.at <= now) {
            due.push_back(client);
        }
    }
    for (const model::ClientId& client : due) { // one that fires may clear another
        if (auto slot = slots_.extract(client); !slot.empty()) {
            slot.mapped().fired(now);
        }
    }
    set();
}

} // namespace berth::os
