#include "bus/unit_devices.hpp"

#include "bus/absent.hpp"
#include "bus/guard.hpp"
#include "bus/names.hpp"
#include "bus/sdbus_compat.hpp"
#include "bus/unit_path.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace berth::bus {

namespace {

using Entry = sdbus::Struct<std::string, std::string>; ///< node and access
using Entries = std::vector<Entry>;
using Property = sdbus::Struct<std::string, sdbus::Variant>;

constexpr const char* device_allow = "DeviceAllow";
constexpr const char* own_access = "rw";

const std::string& node_of(const Entry& entry) {
    return std::get<0>(entry);
}

const std::string& access_of(const Entry& entry) {
    return std::get<1>(entry);
}

/// The interface that has the unit's devices; empty: units of its kind have none.
std::string interface_of(const std::string& unit) {
    static const std::map<std::string, std::string> interfaces{
        {"scope", "Scope"}, {"service", "Service"}, {"slice", "Slice"}};
    const auto found = interfaces.find(unit.substr(unit.rfind('.') + 1));
    return found == interfaces.end() ? std::string{} : names::systemd + std::string{"."} + found->second;
}

bool is_there_nobody(const std::string& error_name) {
    return means_absent(error_name) || error_name == "org.freedesktop.DBus.Error.UnknownObject";
}

/// One change of one unit's list.
struct Change {
    std::string unit;
    std::vector<std::string> nodes;
    bool allows{false};
    Done<void> done;
};

/// What is to be added to the list.
Entries missing(const Change& change, const Entries& list) {
    Entries entries;
    for (const std::string& node : change.nodes) {
        const bool listed = std::any_of(list.begin(), list.end(), [&](const Entry& entry) {
            return node_of(entry) == node && access_of(entry).starts_with(own_access);
        });
        if (!listed) {
            entries.emplace_back(node, own_access);
        }
    }
    return entries;
}

/// The list without what we added.
Entries remaining(const Change& change, const Entries& list) {
    Entries entries;
    std::copy_if(list.begin(), list.end(), std::back_inserter(entries), [&](const Entry& entry) {
        const bool named = std::find(change.nodes.begin(), change.nodes.end(), node_of(entry)) != change.nodes.end();
        return !named || access_of(entry) != own_access;
    });
    return entries;
}

/// How to make the list what it should be; empty: it is so already. An empty list clears it, another is added.
std::vector<Property> properties_for(const Change& change, const Entries& list) {
    const Entries entries = change.allows ? missing(change, list) : remaining(change, list);
    std::vector<Property> properties;
    if (!change.allows && entries.size() != list.size()) {
        properties.emplace_back(device_allow, sdbus::Variant{Entries{}});
    }
    if (!entries.empty() && (change.allows || !properties.empty())) {
        properties.emplace_back(device_allow, sdbus::Variant{entries});
    }
    return properties;
}

} // namespace

struct UnitDevices::State : std::enable_shared_from_this<UnitDevices::State> {
    State(BusConnection& connection, std::chrono::milliseconds longest)
        : bus{connection}, limit{longest}, manager{compat::make_proxy(bus.raw(), names::systemd, names::systemd_path)} {
    }

    void add(Change change) {
        changes.push_back(std::move(change));
        begin_soon();
    }

    void begin_soon() {
        bus.post([weak = weak_from_this()] {
            if (const auto self = weak.lock(); self && !self->busy && !self->changes.empty()) {
                self->begin();
            }
        });
    }

    void begin() {
        busy = true;
        const std::string& name = changes.front().unit;
        interface = interface_of(name);
        if (interface.empty()) {
            settle({});
            return;
        }
        unit = compat::make_proxy(bus.raw(), names::systemd, unit_path(name));
        get<std::string>("DevicePolicy", [this](const std::string& policy) {
            get<Entries>(device_allow, [this, policy](const Entries& list) {
                const bool has_list = !list.empty() || policy != "auto";
                set(has_list ? properties_for(changes.front(), list) : std::vector<Property>{});
            });
        });
    }

    /// Calls what sends a message, which throws when the bus is gone.
    void send(const std::function<void()>& call) {
        try {
            call();
        } catch (const sdbus::Error& error) {
            settle(failure(error));
        }
        bus.rearm();
    }

    template <class Value>
    void get(const char* property, std::function<void(const Value&)> then) {
        send([&] {
            unit->callMethodAsync("Get")
                .onInterface("org.freedesktop.DBus.Properties")
                .withTimeout(limit)
                .withArguments(interface, std::string{property})
                .uponReplyInvoke([weak = weak_from_this(), property,
                                  then = std::move(then)](compat::CallError error, const sdbus::Variant& value) {
                    guarded_callback(property, [&] {
                        const auto self = weak.lock();
                        if (!self) {
                            return;
                        }
                        if (error) {
                            self->settle(self->failure(*error));
                        } else if (!value.containsValueOfType<Value>()) {
                            self->settle(Error{ErrorCode::failed,
                                               self->about("its " + std::string{property} + " is of another type")});
                        } else {
                            then(value.get<Value>());
                        }
                    });
                });
        });
    }

    void set(const std::vector<Property>& properties) {
        if (properties.empty()) {
            settle({});
            return;
        }
        send([&] {
            manager->callMethodAsync("SetUnitProperties")
                .onInterface(names::systemd_manager)
                .withTimeout(limit)
                .withArguments(changes.front().unit, true, properties)
                .uponReplyInvoke([weak = weak_from_this()](compat::CallError error) {
                    guarded_callback("a unit's devices", [&] {
                        if (const auto self = weak.lock()) {
                            self->settle(error ? self->failure(*error) : Result<void>{});
                        }
                    });
                });
        });
    }

    /// The change in hand has ended; never called from inside allow() or forbid().
    void settle(const Result<void>& result) {
        const Change change = std::move(changes.front());
        changes.pop_front();
        busy = false;
        begin_soon();
        change.done(result);
    }

    [[nodiscard]] std::string about(const std::string& what) const {
        return "Devices of unit " + changes.front().unit + ": " + what;
    }

    [[nodiscard]] Result<void> failure(const sdbus::Error& error) const {
        const std::string& name = error.getName();
        if (is_there_nobody(name)) {
            return {};
        }
        const bool late = name == "org.freedesktop.DBus.Error.NoReply" || name == "org.freedesktop.DBus.Error.Timeout";
        return Error{late ? ErrorCode::timed_out : ErrorCode::failed, about(error.getMessage())};
    }

    BusConnection& bus;
    std::chrono::milliseconds limit;
    std::unique_ptr<sdbus::IProxy> manager;
    std::unique_ptr<sdbus::IProxy> unit; ///< of the change in hand
    std::string interface;
    std::deque<Change> changes; ///< the first is in hand where `busy`
    bool busy{false};
};

UnitDevices::UnitDevices(BusConnection& connection, std::chrono::milliseconds limit)
    : state_{std::make_shared<State>(connection, limit)} {}

UnitDevices::~UnitDevices() = default;

void UnitDevices::allow(const std::string& unit, const std::vector<std::string>& nodes, Done<void> done) {
    state_->add(Change{unit, nodes, true, std::move(done)});
}

void UnitDevices::forbid(const std::string& unit, const std::vector<std::string>& nodes, Done<void> done) {
    state_->add(Change{unit, nodes, false, std::move(done)});
}

} // namespace berth::bus
