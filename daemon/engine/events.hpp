#pragma once

#include "engine/session.hpp"
#include "ports/engine.hpp"

#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>

namespace berth::engine {

/// One subscription to an engine's events: a stream that is opened again by itself, after a pause that doubles from
/// 100 ms to 5 s, when it ends. Between two streams the sink gets one `lost`. Each stream asks for what happened since
/// the last one was known to live, so nothing falls in between, and an event may come twice. No timer runs while a
/// stream lives. One thread: the io_context's.
class EventStream {
  public:
    using Sink = std::function<void(ports::EngineEvent)>;

    EventStream(std::shared_ptr<Session> session, Sink sink);
    EventStream(const EventStream&) = delete;
    EventStream(EventStream&&) = delete;
    EventStream& operator=(const EventStream&) = delete;
    EventStream& operator=(EventStream&&) = delete;
    /// The sink is not called any more.
    ~EventStream();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace berth::engine
