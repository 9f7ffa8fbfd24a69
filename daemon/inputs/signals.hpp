#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <functional>

namespace berth::inputs {

/// The signals that a service manager sends: SIGTERM and SIGINT ask for the end, SIGHUP for a reload (systemd.kill(5),
/// systemd.service(5)). Each arrives on the io_context's thread. SIGPIPE is ignored from construction on: a peer that
/// goes away is an error of its write. One object a process.
class Signals {
  public:
    struct Callbacks {
        std::function<void()> terminate; ///< each time: a second one may mean impatience
        std::function<void()> reload;
    };

    Signals(boost::asio::io_context& io, Callbacks callbacks);

  private:
    void wait();

    boost::asio::signal_set set_;
    Callbacks callbacks_;
};

} // namespace berth::inputs
