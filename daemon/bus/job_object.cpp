#include "bus/job_object.hpp"

#include "bus/client_object.hpp"
#include "bus/guard.hpp"
#include "bus/names.hpp"
#include "bus/seat_object.hpp"
#include "model/json.hpp"

#include <utility>

namespace berth::bus {

std::string job_path(model::JobId id) {
    return names::jobs_path + std::to_string(id.value);
}

sdbus::ObjectPath client_path_of(const model::Job& job) {
    return sdbus::ObjectPath{job.client.value.empty() ? "/" : client_path(job.client.value)};
}

JobObject::JobObject(BusConnection& bus, Calls& calls, model::Job job)
    : AdaptorInterfaces{bus.raw(), sdbus::ObjectPath{job_path(job.id)}}, bus_{bus}, calls_{calls},
      job_{std::move(job)} {
    registerAdaptor();
    emitInterfacesAddedSignal();
    bus_.rearm();
}

JobObject::~JobObject() {
    guarded_callback("a job's removal", [&] { emitInterfacesRemovedSignal(); });
    unregisterAdaptor();
    bus_.rearm();
}

void JobObject::update(const model::Job& job) {
    std::vector<std::string> changed;
    const auto compare = [&](const char* name, const auto& old_value, const auto& new_value) {
        if (old_value != new_value) {
            changed.emplace_back(name);
        }
    };
    compare("State", job_.state, job.state);
    compare("Phase", job_.phase, job.phase);
    compare("Progress", job_.progress, job.progress);
    compare("Message", job_.message, job.message);
    compare("ExitCode", job_.exit_code, job.exit_code);
    compare("Error", job_.error, job.error);
    job_ = job;
    if (!changed.empty()) {
        getObject().emitPropertiesChangedSignal(Job_adaptor::INTERFACE_NAME, compat::property_names(changed));
        bus_.rearm();
    }
}

void JobObject::finish() {
    emitFinished(std::string{model::name_of(job_.state)}, job_.error);
    bus_.rearm();
}

void JobObject::Cancel(Calls::PlainResult&& result) {
    guarded(result, [&] {
        const std::string sender = compat::sender_of(getObject());
        calls_.accept(std::move(result), sender, model::Request{model::CancelRequest{job_.id}});
    });
}

void JobObject::Resize(Calls::PlainResult&& result, std::uint32_t rows, std::uint32_t columns) {
    guarded(result, [&] {
        const std::string sender = compat::sender_of(getObject());
        calls_.accept(std::move(result), sender, model::Request{model::ResizeRequest{job_.id, rows, columns}});
    });
}

std::string JobObject::Kind() {
    return guarded_value([&] { return std::string{model::name_of(job_.kind)}; });
}

std::string JobObject::State() {
    return guarded_value([&] { return std::string{model::name_of(job_.state)}; });
}

std::string JobObject::Phase() {
    return guarded_value([&] { return job_.phase; });
}

double JobObject::Progress() {
    return job_.progress;
}

std::string JobObject::Message() {
    return guarded_value([&] { return job_.message; });
}

sdbus::ObjectPath JobObject::Seat() {
    return guarded_value([&] { return sdbus::ObjectPath{seat_path(job_.seat.value)}; });
}

sdbus::ObjectPath JobObject::Client() {
    return guarded_value([&] { return client_path_of(job_); });
}

std::int32_t JobObject::ExitCode() {
    return job_.exit_code;
}

std::string JobObject::Error() {
    return guarded_value([&] { return job_.error; });
}

} // namespace berth::bus
