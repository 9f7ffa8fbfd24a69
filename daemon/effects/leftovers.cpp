#include "effects/leftovers.hpp"

#include "base/log.hpp"
#include "effects/client_spec.hpp"

#include <charconv>
#include <vector>

namespace berth::effects {

namespace {

template <class Number>
Number number_from(const ports::ContainerInfo& info, const char* name, Number otherwise) {
    const auto label = info.labels.find(name);
    Number value = otherwise;
    if (label != info.labels.end()) {
        std::from_chars(label->second.data(), label->second.data() + label->second.size(), value);
    }
    return value;
}

void add_listed(const std::vector<ports::ContainerInfo>& list, model::LeftoversFound& found) {
    for (const ports::ContainerInfo& info : list) {
        if (info.labels.contains(label::client)) {
            found.client_leftovers.push_back(client_leftover_from(info));
        } else {
            found.leftovers.push_back(leftover_from(info));
        }
    }
}

/// The desktops that were kept and run, by the kernel alone.
std::vector<model::Leftover> that_run(ports::Processes& processes, const std::vector<model::Seat>& kept) {
    std::vector<model::Leftover> running;
    for (const model::Seat& seat : kept) {
        if (seat.init_pid != 0 && processes.belongs_to(seat.init_pid, seat.container)) {
            running.push_back({seat.name.value, seat.container, seat.init_pid,
                               seat.vt.value_or(model::VtClaim{0, 0, 0}), seat.paused});
        }
    }
    return running;
}

std::vector<model::Leftover> that_run(ports::Processes& processes, const std::vector<model::Client>& kept) {
    std::vector<model::Leftover> running;
    for (const model::Client& client : kept) {
        const bool runs = client.init_pid != 0 && processes.belongs_to(client.init_pid, client.container);
        if (runs ||
            client.state == model::ClientState::exited) { // whether that one is there still is seen at its next run
            running.push_back(
                {client.id.value, client.container, runs ? client.init_pid : 0, {0, 0, 0}, client.paused});
        }
    }
    return running;
}

/// Containers of others that were attached, by the kernel: the engine's list has berth's own alone.
void add_foreign(ports::Processes& processes, model::LeftoversFound& found) {
    for (const model::Client& client : found.kept_clients) {
        if (model::is_foreign(client) && client.init_pid != 0 &&
            processes.belongs_to(client.init_pid, client.container)) {
            found.client_leftovers.push_back(
                {client.id.value, client.container, client.init_pid, {0, 0, 0}, client.paused});
        }
    }
}

} // namespace

model::Leftover client_leftover_from(const ports::ContainerInfo& info) {
    model::Leftover leftover;
    leftover.seat = info.labels.at(label::client);
    leftover.container = info.id;
    leftover.init_pid = info.init_pid;
    leftover.paused = info.state == ports::ContainerState::paused;
    leftover.vt = {0, 0, 0};
    return leftover;
}

model::Leftover leftover_from(const ports::ContainerInfo& info) {
    model::Leftover leftover;
    const auto seat = info.labels.find(label::seat);
    leftover.seat = seat == info.labels.end() ? "" : seat->second;
    leftover.container = info.id;
    leftover.init_pid = info.init_pid;
    leftover.paused = info.state == ports::ContainerState::paused;
    leftover.vt.vt = number_from<std::uint32_t>(info, label::vt, 0);
    leftover.vt.home = number_from<std::uint32_t>(info, label::home_vt, 0);
    leftover.vt.keyboard_mode = number_from<std::int32_t>(info, label::keyboard_mode, leftover.vt.keyboard_mode);
    return leftover;
}

void find_leftovers(const Ports& ports, const std::string& instance, std::function<void(model::LeftoversFound)> done) {
    ports.engine.list({{label::instance, instance}}, [ports, done = std::move(done)](auto list) mutable {
        model::LeftoversFound found{{}, ports.states.kept(), {}, ports.states.kept_clients(), ports.doors.left()};
        if (list) {
            add_foreign(ports.processes, found);
            add_listed(*list, found);
            done(std::move(found));
            return;
        }
        log::warning("the container engine does not answer: " + list.error().message);
        found.doors.clear(); // whose container is there nobody says
        found.leftovers = that_run(ports.processes, found.kept);
        found.client_leftovers = that_run(ports.processes, found.kept_clients);
        done(std::move(found));
    });
}

} // namespace berth::effects
