#include "bus/host_shutdown.hpp"

#include "bus/guard.hpp"
#include "bus/names.hpp"
#include "bus/sdbus_compat.hpp"

#include <string>
#include <utility>

namespace berth::bus {

struct HostShutdown::State {
    explicit State(BusConnection& connection)
        : bus{connection}, manager{compat::make_proxy(bus.raw(), names::systemd, names::systemd_path)} {}

    BusConnection& bus;
    std::unique_ptr<sdbus::IProxy> manager;
};

HostShutdown::HostShutdown(BusConnection& connection) : state_{std::make_shared<State>(connection)} {}

HostShutdown::~HostShutdown() = default;

void HostShutdown::ask(std::function<void(bool)> told) {
    try {
        state_->manager->callMethodAsync("Get")
            .onInterface("org.freedesktop.DBus.Properties")
            .withTimeout(limit)
            .withArguments(std::string{names::systemd_manager}, std::string{"SystemState"})
            .uponReplyInvoke([told](compat::CallError error, const sdbus::Variant& value) {
                guarded_callback("the host's state", [&] {
                    told(!error && value.containsValueOfType<std::string>() && value.get<std::string>() == "stopping");
                });
            });
    } catch (const sdbus::Error&) { // the bus is gone
        state_->bus.post([weak = std::weak_ptr{state_}, told] {
            if (!weak.expired()) {
                told(false);
            }
        });
    }
    state_->bus.rearm();
}

} // namespace berth::bus
