#pragma once

#include "bus/bus_connection.hpp"
#include "ports/client_ports.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace sdbus {
class IProxy;
} // namespace sdbus

namespace berth::bus {

/// ports::CallerWatch on a message bus: NameOwnerChanged of one unique name, and NameHasOwner once, since it may have
/// gone before. Subscribing is one round trip to the bus. One thread: the io_context's.
class CallerWatch final : public ports::CallerWatch {
  public:
    /// `connection` outlives it.
    explicit CallerWatch(BusConnection& connection);
    ~CallerWatch() override;
    CallerWatch(const CallerWatch&) = delete;
    CallerWatch& operator=(const CallerWatch&) = delete;

    void watch(const std::string& bus_name, std::function<void()> gone) override;

  private:
    struct Watched;

    void ask(const std::string& bus_name);
    void tell_later(const std::string& bus_name);

    BusConnection& bus_;
    std::unique_ptr<sdbus::IProxy> driver_;
    std::map<std::string, std::unique_ptr<Watched>> watched_;
    std::shared_ptr<int> alive_{std::make_shared<int>(0)};
};

} // namespace berth::bus
