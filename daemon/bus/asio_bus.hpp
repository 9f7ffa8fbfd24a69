#pragma once

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace berth::bus {

/// What a bus connection waits for now (sd_bus_get_fd(3), sd_bus_get_events(3), sd_bus_get_timeout(3)).
struct PollRequest {
    int fd{-1};
    short events{0}; ///< POLLIN, POLLOUT
    std::optional<std::chrono::steady_clock::time_point> deadline;
    int wake_fd{-1}; ///< sdbus-c++ 2's eventFd; -1: none
};

/// Puts one bus connection on the io_context. The poll data is read afresh after every turn and after every call of
/// rearm(), since an outgoing message may need POLLOUT or a time limit that was not there before.
class AsioBus {
  public:
    /// How to ask the connection and how to let it work. Both may throw: the connection is then lost.
    struct Source {
        std::function<PollRequest()> poll;
        std::function<bool()> process; ///< one step; false: nothing left to do now
        int steps_a_turn{64};          ///< before other connections have their turn
    };

    using Lost = std::function<void(const std::string& reason)>;

    /// `on_lost` is called at most once, from the io_context, never from inside a call of this class.
    AsioBus(boost::asio::io_context& io, Source source, Lost on_lost);
    ~AsioBus();
    AsioBus(const AsioBus&) = delete;
    AsioBus& operator=(const AsioBus&) = delete;

    /// To be called after every message sent from outside the connection's own callbacks. Never throws.
    void rearm() noexcept;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace berth::bus
