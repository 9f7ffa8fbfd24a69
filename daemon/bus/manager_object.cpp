#include "bus/manager_object.hpp"

#include "bus/client_object.hpp"
#include "bus/guard.hpp"
#include "bus/job_object.hpp"
#include "bus/names.hpp"
#include "bus/seat_object.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace berth::bus {

ManagerObject::ManagerObject(BusConnection& bus, Calls& calls, std::string version,
                             std::function<std::vector<model::SeatName>()> seats,
                             std::function<std::vector<model::ClientId>()> clients,
                             std::function<Result<void>()> reload)
    : AdaptorInterfaces{bus.raw(), sdbus::ObjectPath{names::manager_path}}, bus_{bus}, calls_{calls},
      version_{std::move(version)}, seats_{std::move(seats)}, clients_{std::move(clients)}, reload_{std::move(reload)} {
    registerAdaptor();
    compat::add_object_manager(bus_.raw(), names::manager_path);
}

ManagerObject::~ManagerObject() {
    unregisterAdaptor();
}

void ManagerObject::set_engine(const std::string& engine) {
    if (engine_ != engine) {
        engine_ = engine;
        changed("Engine");
    }
}

void ManagerObject::seats_changed() {
    changed("Seats");
}

void ManagerObject::clients_changed() {
    changed("Clients");
}

void ManagerObject::set_devices(std::vector<std::array<std::string, 5>> devices) {
    if (devices_ != devices) {
        devices_ = std::move(devices);
        changed("Devices");
    }
}

void ManagerObject::set_known_docks(std::vector<model::KnownDock> docks) {
    if (known_docks_ != docks) {
        known_docks_ = std::move(docks);
        changed("KnownDocks");
    }
}

void ManagerObject::set_ended_jobs(const std::vector<model::EndedJob>& jobs) {
    if (ended_jobs_ != jobs) {
        ended_jobs_ = jobs;
        changed("EndedJobs");
    }
}

void ManagerObject::job_removed(model::JobId job, const std::string& result) {
    emitJobRemoved(sdbus::ObjectPath{job_path(job)}, result);
    bus_.rearm();
}

void ManagerObject::changed(const char* property) {
    getObject().emitPropertiesChangedSignal(Manager_adaptor::INTERFACE_NAME, compat::property_names({property}));
    bus_.rearm();
}

sdbus::ObjectPath ManagerObject::GetSeat(const std::string& name) {
    return guarded_value([&] {
        const auto seats = seats_();
        if (std::find(seats.begin(), seats.end(), model::SeatName{name}) == seats.end()) {
            throw compat::make_error(bus_error_name(ErrorCode::no_such_seat), "there is no seat \"" + name + "\"");
        }
        return sdbus::ObjectPath{seat_path(name)};
    });
}

void ManagerObject::Run(Calls::JobResult&& result, std::string app, std::vector<std::string> argv, Options options) {
    guarded(result, [&] {
        calls_.accept_streamed(std::move(result), compat::sender_of(getObject()), run_request(app, argv, options));
    });
}

void ManagerObject::Attach(Calls::JobResult&& result, std::string container, std::vector<std::string> grants,
                           Options options) {
    guarded(result, [&] {
        calls_.accept(std::move(result), compat::sender_of(getObject()), attach_request(container, grants, options));
    });
}

sdbus::ObjectPath ManagerObject::GetClient(const std::string& name) {
    return guarded_value([&] {
        const auto clients = clients_();
        if (std::find(clients.begin(), clients.end(), model::ClientId{name}) == clients.end()) {
            throw compat::make_error(bus_error_name(ErrorCode::no_such_client), "there is no client \"" + name + "\"");
        }
        return sdbus::ObjectPath{client_path(name)};
    });
}

void ManagerObject::Reload(Calls::PlainResult&& result) {
    guarded(result, [&] {
        const auto waiting = std::make_shared<Calls::PlainResult>(std::move(result));
        calls_.identify(compat::sender_of(getObject()), [this, waiting](const model::Caller& caller) {
            guarded(*waiting, [&] {
                const auto done =
                    caller.uid == 0 ? reload_() : Error{ErrorCode::not_authorized, "only root may reload"};
                done
                    ? waiting->returnResults()
                    : waiting->returnError(compat::make_error(bus_error_name(done.error().code), done.error().message));
            });
            bus_.rearm();
        });
    });
}

void ManagerObject::Restore(Calls::PlainResult&& result) {
    guarded(result, [&] {
        std::vector<model::Request> requests;
        for (const model::SeatName& seat : seats_()) {
            requests.emplace_back(model::RestoreTtyRequest{seat});
        }
        calls_.accept_all(std::move(result), compat::sender_of(getObject()), requests);
    });
}

std::string ManagerObject::Version() {
    return guarded_value([&] { return version_; });
}

std::string ManagerObject::Engine() {
    return guarded_value([&] { return engine_; });
}

std::vector<sdbus::ObjectPath> ManagerObject::Seats() {
    return guarded_value([&] {
        std::vector<sdbus::ObjectPath> paths;
        for (const model::SeatName& seat : seats_()) {
            paths.emplace_back(seat_path(seat.value));
        }
        return paths;
    });
}

std::vector<sdbus::ObjectPath> ManagerObject::Clients() {
    return guarded_value([&] {
        std::vector<sdbus::ObjectPath> paths;
        for (const model::ClientId& client : clients_()) {
            paths.emplace_back(client_path(client.value));
        }
        return paths;
    });
}

std::vector<sdbus::Struct<std::string, std::string, std::string, std::string, std::string>> ManagerObject::Devices() {
    return guarded_value([&] {
        std::vector<sdbus::Struct<std::string, std::string, std::string, std::string, std::string>> devices;
        for (const auto& [kind, seat, node, dock, name] : devices_) {
            devices.emplace_back(kind, seat, node, dock, name);
        }
        return devices;
    });
}

std::vector<sdbus::Struct<std::string, std::string, std::string, std::vector<std::string>, std::uint64_t>>
ManagerObject::KnownDocks() {
    return guarded_value([&] {
        std::vector<sdbus::Struct<std::string, std::string, std::string, std::vector<std::string>, std::uint64_t>>
            docks;
        for (const model::KnownDock& dock : known_docks_) {
            docks.emplace_back(dock.id, dock.name, dock.seat.value, model::names_of(dock.has),
                               static_cast<std::uint64_t>(dock.seen));
        }
        return docks;
    });
}

std::vector<ManagerObject::EndedRow> ManagerObject::EndedJobs() {
    return guarded_value([&] {
        std::vector<EndedRow> rows;
        for (const auto& [job, ended] : ended_jobs_) {
            rows.emplace_back(sdbus::ObjectPath{job_path(job.id)}, std::string{model::name_of(job.kind)},
                              sdbus::ObjectPath{seat_path(job.seat.value)}, client_path_of(job),
                              std::string{model::name_of(job.state)}, job.error, job.exit_code,
                              static_cast<std::uint64_t>(ended));
        }
        return rows;
    });
}

} // namespace berth::bus
