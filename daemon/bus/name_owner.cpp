#include "bus/name_owner.hpp"

#include "bus/guard.hpp"
#include "bus/names.hpp"

#include <utility>

namespace berth::bus {

NameOwner::NameOwner(BusConnection& connection, std::string name, Callbacks callbacks)
    : bus_{connection}, name_{std::move(name)}, callbacks_{std::move(callbacks)},
      driver_{compat::make_proxy(bus_.raw(), names::driver, names::driver_path)},
      match_{compat::add_match(
          bus_.raw(),
          std::string{"type='signal',sender='"} + names::driver + "',interface='" + names::driver +
              "',member='NameOwnerChanged',arg0='" + name_ + "'",
          [this](sdbus::Message& message) { guarded_callback("NameOwnerChanged", [&] { changed(message); }); })} {
    driver_->callMethodAsync("GetNameOwner")
        .onInterface(names::driver)
        .withArguments(name_)
        .uponReplyInvoke([this](compat::CallError error, const std::string& owner) {
            guarded_callback("looking for a name's owner", [&] {
                if (error) {
                    return;
                }
                owner_ = owner;
                if (callbacks_.found) {
                    callbacks_.found();
                }
            });
        });
    bus_.rearm();
}

void NameOwner::changed(sdbus::Message& message) {
    if (compat::sender_of(message) != names::driver) {
        return;
    }
    std::string name;
    std::string old_owner;
    message >> name >> old_owner >> owner_;
    if (!owner_.empty()) {
        callbacks_.came();
    }
}

sdbus::Slot NameOwner::hear(const std::string& rule, compat::MessageHandler handler) {
    auto slot =
        compat::add_match(bus_.raw(), "type='signal',sender='" + name_ + "'," + rule,
                          [this, what = "a signal of " + name_, handler = std::move(handler)](sdbus::Message& message) {
                              guarded_callback(what.c_str(), [&] {
                                  if (compat::sender_of(message) == owner_) {
                                      handler(message);
                                  }
                              });
                          });
    // Subscribing waited for the bus, and what came meanwhile lies in its queue, read: GetNameOwner's answer, say.
    bus_.rearm();
    return slot;
}

} // namespace berth::bus
