#include "effects/cdi_specs.hpp"

#include "base/log.hpp"
#include "cdi/spec.hpp"

#include <algorithm>
#include <utility>

namespace berth::effects {

using namespace model;

namespace {

ClientId door_of(const SeatName& seat) {
    return ClientId{seat.value};
}

void complain(const SeatName& seat, const Result<void>& result) {
    if (!result) {
        log::warning("the seat's CDI spec: " + result.error().message, {{"BERTH_SEAT", seat.value}});
    }
}

} // namespace

void CdiSpecs::follow(const World& world) {
    for (const auto& [name, seat] : world.seats) {
        const Subject subject = is_up(seat.state) ? Subject{seat.container, seat.devices} : Subject{};
        const auto told = told_.find(name);
        if (!cdi::can_be_named(name.value) || (told != told_.end() && told->second.subject == subject)) {
            continue;
        }
        told_[name] = {subject, ++last_serial_};
        subject.container.empty() ? withdraw(name) : publish(seat, last_serial_);
    }
    std::vector<SeatName> gone;
    for (const auto& [name, told] : told_) {
        if (!world.seats.contains(name)) {
            gone.push_back(name);
        }
    }
    for (const SeatName& name : gone) {
        told_.erase(name);
        withdraw(name);
    }
}

void CdiSpecs::publish(const Seat& seat, std::uint64_t serial) {
    grants::Surroundings from{seat, ports_.shares.look(seat)};
    ports_.engine.volume(tmp_volume(seat.name),
                         [this, serial, from = std::move(from)](const Result<std::string>& path) mutable {
                             const auto told = told_.find(from.seat.name);
                             if (told == told_.end() || told->second.serial != serial) {
                                 return; // the seat has gone on meanwhile
                             }
                             from.shares.tmp = path ? *path : std::string{};
                             write(from);
                         });
}

void CdiSpecs::write(const grants::Surroundings& from) {
    const SeatName& seat = from.seat.name;
    const ClientId id = door_of(seat);
    static_cast<void>(ports_.doors.close(id)); // of an earlier desktop, or an earlier berthd
    const auto door = ports_.doors.open(id, {});
    if (!door) {
        complain(seat, door.error());
        return;
    }
    std::vector<cdi::Device> devices;
    for (const GrantKind kind : cdi::published_kinds()) {
        const Grant grant{kind, {}};
        const auto offer = grants::offer(grant, from);
        if (!offer) {
            continue; // the seat has nothing of the kind
        }
        Result<void> shown;
        for (const DoorItem& item : cdi::items_of(*offer)) {
            shown = shown ? ports_.doors.show(id, item) : shown;
        }
        if (shown) {
            devices.push_back(cdi::device_of(text_of(grant), *offer, *door));
        } else {
            complain(seat, shown);
        }
    }
    complain(seat, ports_.files.write(cdi::file_name(seat.value), cdi::spec_text(seat.value, devices)));
}

void CdiSpecs::withdraw(const SeatName& seat) {
    complain(seat, ports_.files.remove(cdi::file_name(seat.value)));
    complain(seat, ports_.doors.close(door_of(seat)));
}

} // namespace berth::effects
