#include "bus/seat_object.hpp"

#include "bus/guard.hpp"
#include "bus/names.hpp"
#include "bus/object_path.hpp"

#include <utility>

namespace berth::bus {

std::string seat_path(const std::string& seat) {
    return encoded_path(names::seats_path, seat);
}

SeatObject::SeatObject(BusConnection& bus, Calls& calls, SeatView view)
    : AdaptorInterfaces{bus.raw(), sdbus::ObjectPath{seat_path(view.name)}}, bus_{bus}, calls_{calls},
      view_{std::move(view)}, name_{view_.name} {
    registerAdaptor();
    emitInterfacesAddedSignal();
    bus_.rearm();
}

SeatObject::~SeatObject() {
    unregisterAdaptor();
}

void SeatObject::announce_removal() {
    emitInterfacesRemovedSignal();
    bus_.rearm();
}

void SeatObject::update(SeatView view) {
    const auto changed = changed_properties(view_, view);
    view_ = std::move(view);
    if (!changed.empty()) {
        getObject().emitPropertiesChangedSignal(Seat_adaptor::INTERFACE_NAME, compat::property_names(changed));
        bus_.rearm();
    }
}

std::string SeatObject::sender() const {
    return compat::sender_of(getObject());
}

void SeatObject::Up(JobResult&& result, std::string desktop, Options options) {
    guarded(result, [&] { calls_.accept(std::move(result), sender(), up_request(name_, desktop, options)); });
}

void SeatObject::Down(JobResult&& result, Options options) {
    guarded(result, [&] { calls_.accept(std::move(result), sender(), down_request(name_, options)); });
}

void SeatObject::Reseat(JobResult&& result, std::string reason) {
    guarded(result, [&] {
        calls_.accept(std::move(result), sender(), model::Request{model::ReseatRequest{name_, std::move(reason)}});
    });
}

void SeatObject::Freeze(PlainResult&& result) {
    guarded(result, [&] { calls_.accept(std::move(result), sender(), model::Request{model::FreezeRequest{name_}}); });
}

void SeatObject::Thaw(PlainResult&& result) {
    guarded(result, [&] { calls_.accept(std::move(result), sender(), model::Request{model::ThawRequest{name_}}); });
}

void SeatObject::Snapshot(JobResult&& result, std::string tag) {
    guarded(result, [&] { calls_.accept(std::move(result), sender(), snapshot_request(name_, tag)); });
}

void SeatObject::RestoreTty(PlainResult&& result) {
    guarded(result,
            [&] { calls_.accept(std::move(result), sender(), model::Request{model::RestoreTtyRequest{name_}}); });
}

std::string SeatObject::Name() {
    return guarded_value([&] { return view_.name; });
}

std::string SeatObject::Mode() {
    return guarded_value([&] { return view_.mode; });
}

std::string SeatObject::State() {
    return guarded_value([&] { return view_.state; });
}

std::string SeatObject::Desktop() {
    return guarded_value([&] { return view_.desktop; });
}

std::string SeatObject::Image() {
    return guarded_value([&] { return view_.image; });
}

std::string SeatObject::ContainerId() {
    return guarded_value([&] { return view_.container_id; });
}

std::uint32_t SeatObject::Vt() {
    return view_.vt;
}

std::string SeatObject::Display() {
    return guarded_value([&] { return view_.display; });
}

std::string SeatObject::WaylandDisplay() {
    return guarded_value([&] { return view_.wayland_display; });
}

std::string SeatObject::MachineId() {
    return guarded_value([&] { return view_.machine_id; });
}

std::string SeatObject::RuntimeDirectory() {
    return guarded_value([&] { return view_.runtime_directory; });
}

sdbus::Struct<std::string, std::string, std::string> SeatObject::LastFailure() {
    return guarded_value([&] {
        const auto& [step, code, message] = view_.last_failure;
        return sdbus::Struct<std::string, std::string, std::string>{step, code, message};
    });
}

std::uint64_t SeatObject::Since() {
    return view_.since;
}

std::vector<std::string> SeatObject::Devices() {
    return guarded_value([&] { return view_.devices; });
}

bool SeatObject::Docked() {
    return !view_.docks.empty();
}

std::string SeatObject::Dock() {
    return guarded_value([&] { return first_dock(view_); });
}

std::vector<sdbus::Struct<std::string, std::string, std::string, std::vector<std::string>>> SeatObject::Docks() {
    return guarded_value([&] {
        std::vector<sdbus::Struct<std::string, std::string, std::string, std::vector<std::string>>> docks;
        for (const DockView& dock : view_.docks) {
            docks.emplace_back(dock.id, dock.name, dock.profile, dock.has);
        }
        return docks;
    });
}

std::vector<sdbus::Struct<std::string, std::string>> SeatObject::Displays() {
    return guarded_value([&] {
        std::vector<sdbus::Struct<std::string, std::string>> displays;
        for (const auto& [id, name] : view_.displays) {
            displays.emplace_back(id, name);
        }
        return displays;
    });
}

} // namespace berth::bus
