#include "effects/leftovers.hpp"

#include "base/log.hpp"
#include "effects/container_spec.hpp"

#include <charconv>
#include <memory>

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

/// Collects one inspect after another: a list does not tell PIDs.
struct Collector : std::enable_shared_from_this<Collector> {
    Collector(ports::Engine& used, std::vector<ports::ContainerInfo> list, std::vector<model::Seat> kept,
              std::function<void(model::LeftoversFound)> when_done)
        : engine{used}, todo{std::move(list)}, done{std::move(when_done)}, found{{}, std::move(kept)} {}

    void next() {
        if (todo.empty()) {
            done(std::move(found));
            return;
        }
        const ports::ContainerInfo listed = std::move(todo.back());
        todo.pop_back();
        engine.inspect(listed.id, [self = shared_from_this(), listed](Result<ports::ContainerInfo> info) {
            self->found.leftovers.push_back(leftover_from(info ? *info : listed));
            self->next();
        });
    }

    ports::Engine& engine;
    std::vector<ports::ContainerInfo> todo;
    std::function<void(model::LeftoversFound)> done;
    model::LeftoversFound found;
};

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

} // namespace

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
        std::vector<model::Seat> kept = ports.states.kept();
        if (list) {
            std::make_shared<Collector>(ports.engine, std::move(*list), std::move(kept), std::move(done))->next();
            return;
        }
        log::warning("the container engine does not answer: " + list.error().message);
        auto running = that_run(ports.processes, kept);
        done(model::LeftoversFound{std::move(running), std::move(kept)});
    });
}

} // namespace berth::effects
