#pragma once

#include "bus/calls.hpp"
#include "model/job.hpp"

#include <dbus-glue/job_adaptor.hpp>
#include <string>

namespace berth::bus {

/// "/org/berth/Berth1/jobs/N"
std::string job_path(model::JobId id);

/// The object of the job's client, or "/".
sdbus::ObjectPath client_path_of(const model::Job& job);

/// org.berth.Berth1.Job of one job.
class JobObject final : public sdbus::AdaptorInterfaces<org::berth::Berth1::Job_adaptor, sdbus::ManagedObject_adaptor,
                                                        sdbus::Properties_adaptor> {
  public:
    JobObject(BusConnection& bus, Calls& calls, model::Job job);
    /// Takes the object off the bus and says so by InterfacesRemoved.
    ~JobObject();
    JobObject(const JobObject&) = delete;
    JobObject& operator=(const JobObject&) = delete;
    JobObject(JobObject&&) = delete;
    JobObject& operator=(JobObject&&) = delete;

    /// PropertiesChanged for what differs, and for nothing else.
    void update(const model::Job& job);

    /// Finished.
    void finish();

  private:
    void Cancel(Calls::PlainResult&& result) override;
    void Resize(Calls::PlainResult&& result, std::uint32_t rows, std::uint32_t columns) override;

    std::string Kind() override;
    std::string State() override;
    std::string Phase() override;
    double Progress() override;
    std::string Message() override;
    sdbus::ObjectPath Seat() override;
    sdbus::ObjectPath Client() override;
    std::int32_t ExitCode() override;
    std::string Error() override;

    BusConnection& bus_;
    Calls& calls_;
    model::Job job_;
};

} // namespace berth::bus
