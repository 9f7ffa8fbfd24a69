#pragma once

#include "base/result.hpp"
#include "bus/calls.hpp"

#include <dbus-glue/manager_adaptor.hpp>
#include <functional>
#include <string>
#include <vector>

namespace berth::bus {

/// org.berth.Berth1.Manager.
class ManagerObject final : public sdbus::AdaptorInterfaces<org::berth::Berth1::Manager_adaptor,
                                                            sdbus::ManagedObject_adaptor, sdbus::Properties_adaptor> {
  public:
    /// `seats`, `clients`: the names of those that there are, sorted. `reload`: checks the configuration again.
    ManagerObject(BusConnection& bus, Calls& calls, std::string version,
                  std::function<std::vector<model::SeatName>()> seats,
                  std::function<std::vector<model::ClientId>()> clients, std::function<Result<void>()> reload);
    ~ManagerObject();
    ManagerObject(const ManagerObject&) = delete;
    ManagerObject& operator=(const ManagerObject&) = delete;
    ManagerObject(ManagerObject&&) = delete;
    ManagerObject& operator=(ManagerObject&&) = delete;

    void set_engine(const std::string& engine);
    void seats_changed();
    void clients_changed();
    void set_devices(std::vector<std::array<std::string, 5>> devices);
    void set_known_docks(std::vector<model::KnownDock> docks);
    void set_ended_jobs(const std::vector<model::EndedJob>& jobs);
    void job_removed(model::JobId job, const std::string& result);

  private:
    sdbus::ObjectPath GetSeat(const std::string& name) override;
    void Run(Calls::JobResult&& result, std::string app, std::vector<std::string> argv, Options options) override;
    void Attach(Calls::JobResult&& result, std::string container, std::vector<std::string> grants,
                Options options) override;
    sdbus::ObjectPath GetClient(const std::string& name) override;
    void Reload(Calls::PlainResult&& result) override;
    void Restore(Calls::PlainResult&& result) override;

    std::string Version() override;
    std::string Engine() override;
    std::vector<sdbus::ObjectPath> Seats() override;
    std::vector<sdbus::ObjectPath> Clients() override;
    std::vector<sdbus::Struct<std::string, std::string, std::string, std::string, std::string>> Devices() override;
    std::vector<sdbus::Struct<std::string, std::string, std::string, std::vector<std::string>, std::uint64_t>>
    KnownDocks() override;

    using EndedRow = sdbus::Struct<sdbus::ObjectPath, std::string, sdbus::ObjectPath, sdbus::ObjectPath, std::string,
                                   std::string, std::int32_t, std::uint64_t>;
    std::vector<EndedRow> EndedJobs() override;

    void changed(const char* property);

    BusConnection& bus_;
    Calls& calls_;
    std::string version_;
    std::string engine_;
    std::vector<std::array<std::string, 5>> devices_; ///< as the property has them
    std::vector<model::KnownDock> known_docks_;
    std::vector<model::EndedJob> ended_jobs_;
    std::function<std::vector<model::SeatName>()> seats_;
    std::function<std::vector<model::ClientId>()> clients_;
    std::function<Result<void>()> reload_;
};

} // namespace berth::bus
