#include "bus/logind_seats.hpp"

#include "base/log.hpp"
#include "bus/guard.hpp"
#include "bus/name_owner.hpp"
#include "bus/names.hpp"
#include "bus/sdbus_compat.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace berth::bus {

struct LogindSeats::State {
    using Listed = std::vector<sdbus::Struct<std::string, sdbus::ObjectPath>>;

    State(BusConnection& connection, Told on_appeared, Told on_gone)
        : bus{connection}, appeared{std::move(on_appeared)}, gone{std::move(on_gone)},
          manager{compat::make_proxy(bus.raw(), names::logind, names::logind_path)} {
        hear("SeatNew", [this](const model::SeatName& seat) { add(seat); });
        hear("SeatRemoved", [this](const model::SeatName& seat) { remove(seat); });
    }

    void hear(const char* member, Told told) {
        const std::string rule = std::string{"path='"} + names::logind_path + "',interface='" + names::logind_manager +
                                 "',member='" + member + "'";
        matches.push_back(owner.hear(rule, [told = std::move(told)](sdbus::Message& message) {
            std::string name;
            message >> name;
            told(model::SeatName{std::move(name)});
        }));
    }

    void ask() {
        manager->callMethodAsync("ListSeats")
            .onInterface(names::logind_manager)
            .uponReplyInvoke([this](compat::CallError error, const Listed& listed) {
                guarded_callback("logind's seats", [&] {
                    if (error) {
                        log::warning("logind does not list its seats: " + error->getMessage());
                        return;
                    }
                    compare(listed);
                });
            });
        bus.rearm();
    }

    void compare(const Listed& listed) {
        std::set<model::SeatName> now;
        for (const auto& entry : listed) {
            now.insert(model::SeatName{std::get<0>(entry)});
        }
        std::vector<model::SeatName> lost;
        std::set_difference(known.begin(), known.end(), now.begin(), now.end(), std::back_inserter(lost));
        std::for_each(lost.begin(), lost.end(), [this](const model::SeatName& seat) { remove(seat); });
        std::for_each(now.begin(), now.end(), [this](const model::SeatName& seat) { add(seat); });
    }

    void add(const model::SeatName& seat) {
        if (known.insert(seat).second) {
            appeared(seat);
        }
    }

    void remove(const model::SeatName& seat) {
        if (known.erase(seat) > 0) {
            gone(seat);
        }
    }

    BusConnection& bus;
    Told appeared;
    Told gone;
    std::unique_ptr<sdbus::IProxy> manager;
    std::set<model::SeatName> known;
    NameOwner owner{bus, names::logind, {[this] { ask(); }, [this] { ask(); }}};
    std::vector<sdbus::Slot> matches;
};

LogindSeats::LogindSeats(BusConnection& connection, Told appeared, Told gone)
    : state_{std::make_unique<State>(connection, std::move(appeared), std::move(gone))} {}

LogindSeats::~LogindSeats() = default;

} // namespace berth::bus
