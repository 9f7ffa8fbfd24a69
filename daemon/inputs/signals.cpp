#include "inputs/signals.hpp"

#include <csignal>
#include <utility>

namespace berth::inputs {

Signals::Signals(boost::asio::io_context& io, Callbacks callbacks)
    : set_{io, SIGTERM, SIGINT, SIGHUP}, callbacks_{std::move(callbacks)} {
    std::signal(SIGPIPE, SIG_IGN);
    wait();
}

void Signals::wait() {
    set_.async_wait([this](const boost::system::error_code& error, int number) {
        if (error) {
            return; // the object goes
        }
        wait(); // first, so that a callback that ends the loop loses no signal
        (number == SIGHUP ? callbacks_.reload : callbacks_.terminate)();
    });
}

} // namespace berth::inputs
