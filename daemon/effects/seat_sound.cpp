#include "effects/seat_sound.hpp"

#include "base/log.hpp"
#include "effects/container_spec.hpp"

#include <algorithm>
#include <iterator>

namespace berth::effects {

using namespace model;

namespace {

constexpr const char* sound_folder = "/dev/snd";

/// What of one list is not in the other; both are sorted.
std::vector<std::string> without(const std::vector<std::string>& nodes, const std::vector<std::string>& others) {
    std::vector<std::string> rest;
    std::set_difference(nodes.begin(), nodes.end(), others.begin(), others.end(), std::back_inserter(rest));
    return rest;
}

void log_failure(const SeatName& seat, const Result<void>& result) {
    if (!result) {
        log::warning("the desktop's devices: " + result.error().message, {{"BERTH_SEAT", seat.value}});
    }
}

} // namespace

bool has_sound(const Seat& seat) {
    return seat.plan && seat.plan->mode == SeatMode::logind && seat.door &&
           std::any_of(seat.plan->profile.devices.begin(), seat.plan->profile.devices.end(),
                       [](const ProfileDevice& device) { return device.path == sound_folder; });
}

std::vector<std::string> sound_nodes_of(const Seat& seat) {
    return own_nodes(seat, std::string{sound_folder} + "/");
}

void share_sound(const Ports& ports, const Seat& seat) {
    if (!has_sound(seat) || seat.init_pid == 0) {
        return;
    }
    const std::vector<std::string> wanted = sound_nodes_of(seat);
    const std::vector<std::string> before = ports.directories.nodes(seat.name);
    const std::vector<std::string> gone = without(before, wanted);
    const std::vector<std::string> came = without(wanted, before);
    if (gone.empty() && came.empty()) {
        return;
    }
    const ports::DeviceHolder holder{seat.container, seat.init_pid, seat.made_with, {}};
    const auto show = [ports, name = seat.name](const std::vector<std::string>& nodes) {
        log_failure(name, ports.directories.put_nodes(name, nodes));
    };
    if (!gone.empty()) {
        show(without(before, gone));
        ports.device_rules.forbid(holder, gone,
                                  [name = seat.name](const Result<void>& forbidden) { log_failure(name, forbidden); });
    }
    if (!came.empty()) {
        ports.device_rules.allow(holder, came, [show, wanted, name = seat.name](const Result<void>& allowed) {
            log_failure(name, allowed);
            if (allowed) {
                show(wanted);
            }
        });
    }
}

void share_render(const Ports& ports, const Seat& seat, const ShareRender& share) {
    const ports::DeviceHolder holder{seat.container, seat.init_pid, seat.made_with, {}};
    const auto log_it = [name = seat.name](const Result<void>& result) { log_failure(name, result); };
    if (!share.gone.empty()) {
        ports.device_rules.forbid(holder, share.gone, log_it);
    }
    if (!share.came.empty()) {
        ports.device_rules.allow(holder, share.came, log_it);
    }
}

} // namespace berth::effects
