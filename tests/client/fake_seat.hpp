#pragma once

#include "bus/sdbus_compat.hpp"

#include <cstdint>
#include <dbus-glue/seat_adaptor.hpp>
#include <map>
#include <string>
#include <vector>

namespace berth::testing {

/// seat0 with a desktop on it, as far as those need it who name a client: it can be frozen.
class FakeSeat final : public sdbus::AdaptorInterfaces<org::berth::Berth1::Seat_adaptor, sdbus::ManagedObject_adaptor,
                                                       sdbus::Properties_adaptor> {
  public:
    static constexpr const char* path = "/org/berth/Berth1/seats/seat0";

    explicit FakeSeat(sdbus::IConnection& connection) : AdaptorInterfaces{connection, sdbus::ObjectPath{path}} {
        registerAdaptor();
    }

    ~FakeSeat() { unregisterAdaptor(); }

    FakeSeat(const FakeSeat&) = delete;
    FakeSeat& operator=(const FakeSeat&) = delete;
    FakeSeat(FakeSeat&&) = delete;
    FakeSeat& operator=(FakeSeat&&) = delete;

    bool frozen{false};

  private:
    using JobResult = sdbus::Result<sdbus::ObjectPath>;
    using PlainResult = sdbus::Result<>;
    using Options = std::map<std::string, sdbus::Variant>;

    template <class Result>
    static void refuse(Result& result) {
        result.returnError(bus::compat::make_error("org.berth.Berth1.Error.SeatBusy", "it is a fake"));
    }

    void Up(JobResult&& result, std::string, Options) override { refuse(result); }

    void Down(JobResult&& result, Options) override { refuse(result); }

    void Reseat(JobResult&& result, std::string) override { refuse(result); }

    void Freeze(PlainResult&& result) override {
        frozen = true;
        result.returnResults();
    }

    void Thaw(PlainResult&& result) override {
        frozen = false;
        result.returnResults();
    }

    void Snapshot(JobResult&& result, std::string) override { refuse(result); }

    void RestoreTty(PlainResult&& result) override { refuse(result); }

    std::string Name() override { return "seat0"; }

    std::string Mode() override { return "headless"; }

    std::string State() override { return frozen ? "frozen" : "seated"; }

    std::string Desktop() override { return "gnome"; }

    std::string Image() override { return ""; }

    std::string ContainerId() override { return ""; }

    std::uint32_t Vt() override { return 0; }

    std::string Display() override { return ""; }

    std::string WaylandDisplay() override { return ""; }

    std::string MachineId() override { return ""; }

    std::string RuntimeDirectory() override { return ""; }

    sdbus::Struct<std::string, std::string, std::string> LastFailure() override { return {"", "", ""}; }

    std::uint64_t Since() override { return 0; }

    std::vector<std::string> Devices() override { return {}; }

    bool Docked() override { return true; }

    std::string Dock() override { return "usb:17ef:30a9:7"; }

    std::vector<sdbus::Struct<std::string, std::string>> Displays() override { return {}; }

    std::vector<sdbus::Struct<std::string, std::string, std::string, std::vector<std::string>>> Docks() override {
        return {{"usb:17ef:30a9:7", "A Dock", "desk", {"keyboard", "sound"}}};
    }
};

} // namespace berth::testing
