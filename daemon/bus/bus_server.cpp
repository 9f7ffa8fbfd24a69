#include "bus/bus_server.hpp"

#include "bus/calls.hpp"
#include "bus/client_object.hpp"
#include "bus/guard.hpp"
#include "bus/job_object.hpp"
#include "bus/lease_options.hpp"
#include "bus/manager_object.hpp"
#include "bus/names.hpp"
#include "bus/seat_object.hpp"
#include "model/json.hpp"

#include <array>
#include <chrono>
#include <map>
#include <utility>

namespace berth::bus {

namespace {

std::int64_t realtime_offset() {
    using namespace std::chrono;
    const auto real = duration_cast<microseconds>(system_clock::now().time_since_epoch());
    const auto monotonic = duration_cast<microseconds>(steady_clock::now().time_since_epoch());
    return (real - monotonic).count();
}

RealtimeOffsets realtime_offsets() {
    using namespace std::chrono;
    const auto real = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
    return {realtime_offset(), real - boot_time()};
}

/// The clocks' distance wanders by microseconds: what has the same end in the model has it on the bus, too.
void keep_ends(ClientView& view, const ClientView& before) {
    constexpr std::uint64_t a_little = 100'000; // us
    for (auto& [grant, until] : view.until) {
        const auto known = before.until.find(grant);
        const bool is_same =
            known != before.until.end() && until < known->second + a_little && known->second < until + a_little;
        until = is_same ? known->second : until;
    }
}

std::string dock_of(const model::Device& device, const model::World& world) {
    const auto seat = world.seats.find(device.seat);
    if (seat != world.seats.end()) {
        for (const model::Dock& dock : seat->second.docks) {
            if (model::belongs_to(device.path, dock)) {
                return dock.id;
            }
        }
    }
    return {};
}

std::vector<std::array<std::string, 5>> device_rows(const model::World& world) {
    std::vector<std::array<std::string, 5>> rows;
    for (const model::Device& device : world.hardware) {
        rows.push_back({std::string{model::name_of(device.kind)}, device.seat.value, device.node,
                        dock_of(device, world), device.name});
    }
    return rows;
}

} // namespace

struct BusServer::Objects {
    Objects(BusConnection& bus, const std::string& version, Hooks hooks)
        : calls{bus, std::move(hooks.post)}, manager{bus,
                                                     calls,
                                                     version,
                                                     [this] { return seat_names(); },
                                                     [this] { return client_names(); },
                                                     std::move(hooks.reload)} {}

    [[nodiscard]] std::vector<model::ClientId> client_names() const {
        std::vector<model::ClientId> result;
        for (const auto& [name, client] : clients) {
            result.push_back(name);
        }
        return result;
    }

    [[nodiscard]] std::vector<model::SeatName> seat_names() const {
        std::vector<model::SeatName> result;
        for (const auto& [name, seat] : seats) {
            result.push_back(name);
        }
        return result;
    }

    Calls calls; // first: every object uses it
    std::map<model::SeatName, SeatObject> seats;
    std::map<model::ClientId, ClientObject> clients;
    std::map<model::JobId, JobObject> jobs;
    ManagerObject manager;
    std::map<model::ClientId, model::Microseconds> client_since;
    std::map<model::SeatName, model::Microseconds> since; // as the model has it, to keep the property from drifting
};

BusServer::BusServer(BusConnection& bus, const std::string& version, Hooks hooks)
    : bus_{bus}, objects_{std::make_unique<Objects>(bus, version, std::move(hooks))} {}

BusServer::~BusServer() = default;

Result<void> BusServer::own_name() {
    return bus_.own(names::service);
}

void BusServer::set_engine(const std::string& engine) {
    guarded_callback("Manager.Engine", [&] { objects_->manager.set_engine(engine); });
}

void BusServer::seat_added(const model::Seat& seat) {
    guarded_callback("a new seat", [&] {
        const auto [found, added] =
            objects_->seats.try_emplace(seat.name, bus_, objects_->calls, view_of(seat, realtime_offset()));
        objects_->since[seat.name] = seat.since;
        if (added) {
            objects_->manager.seats_changed();
        }
    });
}

void BusServer::seat_changed(const model::Seat& seat) {
    guarded_callback("a seat's properties", [&] {
        const auto found = objects_->seats.find(seat.name);
        if (found == objects_->seats.end()) {
            seat_added(seat);
            return;
        }
        SeatView view = view_of(seat, realtime_offset());
        if (objects_->since[seat.name] == seat.since) {
            view.since = found->second.view().since; // the clocks' distance wanders by microseconds
        }
        objects_->since[seat.name] = seat.since;
        found->second.update(std::move(view));
    });
}

void BusServer::seat_removed(const model::SeatName& seat) {
    guarded_callback("a seat that is gone", [&] {
        objects_->since.erase(seat);
        const auto found = objects_->seats.find(seat);
        if (found != objects_->seats.end()) {
            found->second.announce_removal();
            objects_->seats.erase(found);
            objects_->manager.seats_changed();
        }
    });
}

void BusServer::state_changed(const model::SeatName& seat, model::SeatState old_state, model::SeatState new_state,
                              const std::string& reason) {
    guarded_callback("StateChanged", [&] {
        const auto found = objects_->seats.find(seat);
        if (found != objects_->seats.end()) {
            found->second.emitStateChanged(std::string{model::name_of(old_state)},
                                           std::string{model::name_of(new_state)}, reason);
            bus_.rearm();
        }
    });
}

void BusServer::job_changed(const model::Job& job) {
    guarded_callback("a job", [&] {
        const auto [found, added] = objects_->jobs.try_emplace(job.id, bus_, objects_->calls, job);
        if (!added) {
            found->second.update(job);
        }
        if (model::has_ended(job.state)) {
            found->second.finish();
            objects_->manager.job_removed(job.id, std::string{model::name_of(job.state)});
            objects_->jobs.erase(found);
        }
    });
}

void BusServer::jobs_ended(const std::vector<model::EndedJob>& jobs) {
    guarded_callback("Manager.EndedJobs", [&] { objects_->manager.set_ended_jobs(jobs); });
}

void BusServer::client_changed(const model::Client& client) {
    guarded_callback("a client's properties", [&] {
        ClientView view = view_of(client, realtime_offsets());
        const auto found = objects_->clients.find(client.id);
        if (found == objects_->clients.end()) {
            objects_->clients.try_emplace(client.id, bus_, objects_->calls, std::move(view));
            objects_->manager.clients_changed();
        } else {
            if (objects_->client_since[client.id] == client.since) {
                view.since = found->second.view().since;
            }
            keep_ends(view, found->second.view());
            found->second.update(std::move(view));
        }
        objects_->client_since[client.id] = client.since;
    });
}

void BusServer::client_removed(const model::ClientId& client) {
    guarded_callback("a client that is gone", [&] {
        objects_->client_since.erase(client);
        const auto found = objects_->clients.find(client);
        if (found != objects_->clients.end()) {
            found->second.announce_removal();
            objects_->clients.erase(found);
            objects_->manager.clients_changed();
        }
    });
}

void BusServer::hardware_changed(const model::World& world) {
    guarded_callback("Manager.Devices", [&] { objects_->manager.set_devices(device_rows(world)); });
}

void BusServer::docks_known(const std::vector<model::KnownDock>& docks) {
    guarded_callback("Manager.KnownDocks", [&] { objects_->manager.set_known_docks(docks); });
}

void BusServer::dock_changed(const model::SeatName& seat, bool docked, const model::Dock& dock) {
    guarded_callback("DockChanged", [&] {
        const auto found = objects_->seats.find(seat);
        if (found != objects_->seats.end()) {
            found->second.emitDockChanged(docked, dock.id);
            bus_.rearm();
        }
    });
}

ports::CallerStreams& BusServer::caller_streams() {
    return objects_->calls;
}

void BusServer::reply(const model::Reply& reply) {
    guarded_callback("a reply", [&] { objects_->calls.reply(reply); });
}

} // namespace berth::bus
