#pragma once

#include "model/world.hpp"
#include "ports/outside.hpp"

#include <boost/asio/io_context.hpp>

#include <deque>
#include <functional>
#include <vector>

namespace berth::runtime {

/// The one inbox: pop an event, decide, commit the World, record, run the effects. An event that is posted while
/// another is worked on waits its turn; nothing recurses. Single thread: the io_context's.
class Pump {
  public:
    /// Runs a decision's effects; the World is the committed one.
    using Dispatch = std::function<void(const std::vector<model::Effect>&, const model::World&)>;

    /// All references outlive the Pump.
    Pump(boost::asio::io_context& io, const ports::Clock& clock, ports::Recorder& recorder, Dispatch dispatch);

    /// Queues what happened, stamped with the clock's time. Never decides inside the call.
    void post(model::Happening what);

    [[nodiscard]] const model::World& world() const noexcept { return world_; }

  private:
    void drain();

    boost::asio::io_context& io_;
    const ports::Clock& clock_;
    ports::Recorder& recorder_;
    Dispatch dispatch_;
    model::World world_;
    std::deque<model::Event> inbox_;
    bool scheduled_{false};
};

} // namespace berth::runtime
