#include "bus/asio_bus.hpp"

#include "base/result.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cerrno>
#include <exception>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace berth::bus {

namespace asio = boost::asio;

namespace {

/// A duplicate, so that closing the bus and closing the descriptor that Asio watches cannot meet.
int duplicate(int fd) {
    const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) {
        throw std::runtime_error{system_error("fcntl(F_DUPFD_CLOEXEC)", errno).message};
    }
    return copy;
}

} // namespace

struct AsioBus::State : std::enable_shared_from_this<AsioBus::State> {
    State(asio::io_context& context, Source calls, Lost lost)
        : io{context}, source{std::move(calls)}, on_lost{std::move(lost)}, bus{context}, wake{context}, timer{context} {
    }

    void open() {
        const PollRequest request = source.poll();
        bus.assign(duplicate(request.fd));
        if (request.wake_fd >= 0) {
            wake.assign(duplicate(request.wake_fd));
        }
    }

    void arm() {
        if (stopped || in_turn) {
            return;
        }
        try {
            const PollRequest request = source.poll();
            if ((request.events & POLLIN) != 0) {
                wait(bus, asio::posix::descriptor_base::wait_read, reading);
            }
            if ((request.events & POLLOUT) != 0) {
                wait(bus, asio::posix::descriptor_base::wait_write, writing);
            }
            if (wake.is_open()) {
                wait(wake, asio::posix::descriptor_base::wait_read, waking);
            }
            arm_timer(request);
        } catch (const std::exception& failure) {
            lose(failure.what());
        }
    }

    void wait(asio::posix::stream_descriptor& descriptor, asio::posix::descriptor_base::wait_type type, bool& waiting) {
        if (waiting) {
            return;
        }
        waiting = true;
        descriptor.async_wait(type, [weak = weak_from_this(), &waiting](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (!self || self->stopped) {
                return;
            }
            waiting = false;
            error ? self->lose(error.message()) : self->turn();
        });
    }

    void arm_timer(const PollRequest& request) {
        if (!request.deadline) {
            timer.cancel();
            return;
        }
        timer.expires_at(*request.deadline);
        timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (self && !self->stopped && !error) {
                self->turn();
            }
        });
    }

    void turn() {
        const auto keep = shared_from_this(); // a callback may destroy the AsioBus
        in_turn = true;
        try {
            int left = source.steps_a_turn;
            while (!stopped && left > 0 && source.process()) {
                --left;
            }
            if (left == 0) {
                asio::post(io, [weak = weak_from_this()] {
                    const auto self = weak.lock();
                    if (self && !self->stopped) {
                        self->turn();
                    }
                });
            }
        } catch (const std::exception& failure) {
            lose(failure.what());
        }
        in_turn = false;
        arm();
    }

    void lose(const std::string& reason) {
        if (stopped) {
            return;
        }
        stop();
        asio::post(io, [weak = weak_from_this(), reason] {
            if (const auto self = weak.lock(); self && self->on_lost) {
                self->on_lost(reason);
            }
        });
    }

    void stop() {
        stopped = true;
        boost::system::error_code ignored;
        bus.close(ignored);
        wake.close(ignored);
        timer.cancel();
    }

    asio::io_context& io;
    Source source;
    Lost on_lost;
    asio::posix::stream_descriptor bus;
    asio::posix::stream_descriptor wake;
    asio::steady_timer timer;
    bool reading{false};
    bool writing{false};
    bool waking{false};
    bool in_turn{false};
    bool stopped{false};
};

AsioBus::AsioBus(asio::io_context& io, Source source, Lost on_lost)
    : state_{std::make_shared<State>(io, std::move(source), std::move(on_lost))} {
    state_->open();
    state_->arm();
}

AsioBus::~AsioBus() {
    state_->on_lost = nullptr;
    state_->stop();
}

void AsioBus::rearm() noexcept {
    state_->arm();
}

} // namespace berth::bus
