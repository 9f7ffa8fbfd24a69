#include "inputs/signals.hpp"

#include <csignal>
#include <utility>

namespace berth::inputs {

Signals::Signals(boost::asio::io_context& io, Hooks hooks)
    : set_{io, SIGTERM, SIGINT, SIGHUP}, hooks_{std::move(hooks)} {
    std::signal(SIGPIPE, SIG_IGN); // NOLINT(concurrency-mt-unsafe): there is one thread
    wait();
}

void Signals::wait() {
    set_.async_wait([this](const boost::system::error_code& error, int number) {
        if (error) {
            return; // cancelled: this is being destroyed
        }
        (number == SIGHUP ? hooks_.reload : hooks_.terminate)();
        wait();
    });
}

} // namespace berth::inputs
