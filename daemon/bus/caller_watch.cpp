#include "bus/caller_watch.hpp"

#include "bus/guard.hpp"
#include "bus/names.hpp"
#include "bus/sdbus_compat.hpp"

#include <utility>

namespace berth::bus {

struct CallerWatch::Watched {
    std::function<void()> gone;
    sdbus::Slot match;
};

CallerWatch::CallerWatch(BusConnection& connection)
    : bus_{connection}, driver_{compat::make_proxy(connection.raw(), names::driver, names::driver_path)} {}

CallerWatch::~CallerWatch() = default;

void CallerWatch::watch(const std::string& bus_name, std::function<void()> gone) {
    if (watched_.contains(bus_name)) {
        watched_.at(bus_name)->gone = std::move(gone);
        return;
    }
    guarded_callback("watching a caller", [&] {
        const std::string rule = std::string{"type='signal',sender='"} + names::driver + "',interface='" +
                                 names::driver + "',member='NameOwnerChanged',arg0='" + bus_name + "',arg2=''";
        watched_.emplace(
            bus_name, std::make_unique<Watched>(
                          Watched{std::move(gone), compat::add_match(bus_.raw(), rule, [this](sdbus::Message& message) {
                                      guarded_callback("NameOwnerChanged", [&] {
                                          std::string name;
                                          message >> name;
                                          if (compat::sender_of(message) == names::driver) {
                                              tell_later(name);
                                          }
                                      });
                                  })}));
        ask(bus_name);
    });
}

/// It may have gone before the match was there.
void CallerWatch::ask(const std::string& bus_name) {
    driver_->callMethodAsync("NameHasOwner")
        .onInterface(names::driver)
        .withArguments(bus_name)
        .uponReplyInvoke([this, bus_name](compat::CallError error, const bool& is_there) {
            guarded_callback("looking for a caller", [&] {
                if (error || !is_there) { // a failed look-up is a no
                    tell_later(bus_name);
                }
            });
        });
    bus_.rearm();
}

/// Not from inside the match's own handler, which goes with it.
void CallerWatch::tell_later(const std::string& bus_name) {
    bus_.post([this, bus_name, weak = std::weak_ptr<int>{alive_}] {
        if (weak.expired()) {
            return;
        }
        if (auto watched = watched_.extract(bus_name); !watched.empty()) {
            watched.mapped()->match = {};
            watched.mapped()->gone();
        }
    });
}

} // namespace berth::bus
