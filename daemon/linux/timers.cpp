#include "linux/timers.hpp"

#include <boost/asio/steady_timer.hpp>

#include <utility>

namespace berth::os {

struct Timers::Slot {
    boost::asio::steady_timer timer;
    std::function<void()> fired;
};

Timers::Timers(boost::asio::io_context& io) : io_{io} {}

Timers::~Timers() = default;

void Timers::arm(const model::Subject& subject, std::chrono::milliseconds after, std::function<void()> fired) {
    auto slot = std::make_shared<Slot>(boost::asio::steady_timer{io_, after}, std::move(fired));
    // The handler of a timer that has expired is queued and can no longer be cancelled: only a slot that is still the
    // seat's own is alive to be called.
    slot->timer.async_wait([weak = std::weak_ptr{slot}](const boost::system::error_code& error) {
        if (const auto alive = weak.lock(); alive && !error) {
            std::exchange(alive->fired, nullptr)();
        }
    });
    slots_[subject] = std::move(slot);
}

void Timers::clear(const model::Subject& subject) {
    slots_.erase(subject);
}

} // namespace berth::os
