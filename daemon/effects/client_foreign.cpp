#include "effects/client_foreign.hpp"

#include "effects/client_door.hpp"
#include "effects/client_filling.hpp"

namespace berth::effects {

using namespace model;

namespace {

std::vector<ports::ForeignMounts::Wanted> places_of(const std::string& door) {
    std::vector<ports::ForeignMounts::Wanted> wanted{{door, grants::door_path, false}};
    for (const grants::Binding& binding : grants::bindings()) {
        wanted.push_back({door + "/" + binding.folder, binding.target, true});
    }
    return wanted;
}

} // namespace

void find_container(const ClientContext& context, const Client& client, StepDone done, StepFailed failed) {
    context.ports.engine.inspect(client.plan.foreign, [name = client.plan.foreign, done = std::move(done),
                                                       failed = std::move(failed)](
                                                          const Result<ports::ContainerInfo>& info) {
        const bool runs =
            info && info->init_pid > 0 &&
            (info->state == ports::ContainerState::running || info->state == ports::ContainerState::paused);
        if (!info) {
            failed(info.error());
        } else if (!runs) {
            failed(Error{ErrorCode::failed, "Container " + name + " does not run; start it first."});
        } else {
            done(ContainerFound{info->id, info->image, info->init_pid, info->state == ports::ContainerState::paused});
        }
    });
}

void join_container(const ClientContext& context, const Client& client, StepDone done, StepFailed failed) {
    if (!client.door) {
        failed(Error{ErrorCode::failed, "the client has no door"});
        return;
    }
    context.ports.foreign.mount(client.init_pid, places_of(client.door->door),
                                [init = client.init_pid, done = std::move(done),
                                 failed = std::move(failed)](const Result<std::vector<ForeignMount>>& mounts) {
                                    mounts ? done(ContainerJoined{init, *mounts}) : failed(mounts.error());
                                });
}

void part_from_container(const ClientContext& context, const Client& client, StepDone done, StepFailed failed) {
    if (client.init_pid == 0) { // its mounts and its control group went with it
        done({});
        return;
    }
    context.ports.foreign.unmount(client.init_pid, client.mounts,
                                  [ports = context.ports, client,
                                   shares = context.ports.shares.find(seat_of(context, client), kinds_of(client)),
                                   done = std::move(done), failed = std::move(failed)](const Result<void>& unmounted) {
                                      const ClientDoor held = client.door.value_or(ClientDoor{});
                                      forbid_nodes(ports, client, ClientDoor{}, shares, nodes_gone(held, ClientDoor{}),
                                                   [unmounted, done, failed](const Result<void>& forbidden) {
                                                       const Result<void> all = unmounted ? forbidden : unmounted;
                                                       all ? done({}) : failed(all.error());
                                                   });
                                  });
}

} // namespace berth::effects
