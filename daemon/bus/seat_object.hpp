#pragma once

#include "bus/calls.hpp"
#include "bus/options.hpp"
#include "bus/seat_view.hpp"

#include <dbus-glue/seat_adaptor.hpp>
#include <string>
#include <vector>

namespace berth::bus {

/// The path of a seat's object; bytes that a path cannot hold are written _XX (sd_bus_path_encode(3)).
std::string seat_path(const std::string& seat);

/// org.berth.Berth1.Seat of one seat: parses, posts, returns.
class SeatObject final : public sdbus::AdaptorInterfaces<org::berth::Berth1::Seat_adaptor, sdbus::ManagedObject_adaptor,
                                                         sdbus::Properties_adaptor> {
  public:
    SeatObject(BusConnection& bus, Calls& calls, SeatView view);
    ~SeatObject();
    SeatObject(const SeatObject&) = delete;
    SeatObject& operator=(const SeatObject&) = delete;
    SeatObject(SeatObject&&) = delete;
    SeatObject& operator=(SeatObject&&) = delete;

    /// InterfacesRemoved: to be called before this goes for good, not when berthd ends.
    void announce_removal();

    /// PropertiesChanged for what differs from the last view, and for nothing else.
    void update(SeatView view);

    [[nodiscard]] const SeatView& view() const noexcept { return view_; }

  private:
    using JobResult = Calls::JobResult;
    using PlainResult = Calls::PlainResult;

    void Up(JobResult&& result, std::string desktop, Options options) override;
    void Down(JobResult&& result, Options options) override;
    void Reseat(JobResult&& result, std::string reason) override;
    void Freeze(PlainResult&& result) override;
    void Thaw(PlainResult&& result) override;
    void Snapshot(JobResult&& result, std::string tag) override;
    void RestoreTty(PlainResult&& result) override;

    std::string Name() override;
    std::string Mode() override;
    std::string State() override;
    std::string Desktop() override;
    std::string Image() override;
    std::string ContainerId() override;
    std::uint32_t Vt() override;
    std::string Display() override;
    std::string WaylandDisplay() override;
    std::string MachineId() override;
    std::string RuntimeDirectory() override;
    sdbus::Struct<std::string, std::string, std::string> LastFailure() override;
    std::uint64_t Since() override;
    std::vector<std::string> Devices() override;
    bool Docked() override;
    std::string Dock() override;
    std::vector<sdbus::Struct<std::string, std::string, std::string, std::vector<std::string>>> Docks() override;
    std::vector<sdbus::Struct<std::string, std::string>> Displays() override;

    [[nodiscard]] std::string sender() const;

    BusConnection& bus_;
    Calls& calls_;
    SeatView view_;
    model::SeatName name_;
};

} // namespace berth::bus
