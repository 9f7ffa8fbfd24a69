#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <functional>

namespace berth::inputs {

/// SIGTERM and SIGINT as one callback, SIGHUP as another (signal(7)). SIGPIPE is ignored: a peer that hangs up is an
/// error of a write. Each callback runs on the io_context, as often as its signal comes.
class Signals {
  public:
    struct Hooks {
        std::function<void()> terminate;
        std::function<void()> reload;
    };

    Signals(boost::asio::io_context& io, Hooks hooks);

  private:
    void wait();

    boost::asio::signal_set set_;
    Hooks hooks_;
};

} // namespace berth::inputs
