#pragma once

#include "bus/bus_connection.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace berth::bus {

/// Whether the whole host goes down, and not berthd alone: the service manager's SystemState
/// (org.freedesktop.systemd1(5)) is "stopping" from the moment on that the job for shutdown.target is queued. One
/// thread: the io_context's.
class HostShutdown {
  public:
    static constexpr std::chrono::seconds limit{2}; ///< for the answer

    /// `connection` outlives it.
    explicit HostShutdown(BusConnection& connection);
    ~HostShutdown();
    HostShutdown(const HostShutdown&) = delete;
    HostShutdown& operator=(const HostShutdown&) = delete;

    /// Calls `told` once, from the io_context, or not at all when this goes before. False too where there is no service
    /// manager on this bus, or it does not answer.
    void ask(std::function<void(bool goes_down)> told);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace berth::bus
