#include "policy/reseat.hpp"

#include "policy/dock_rules.hpp"
#include "policy/seat_rules.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace berth::policy {

using namespace model;

namespace {

constexpr Microseconds one_second = 1'000'000;
constexpr Microseconds card_grace = 2 * one_second; ///< a driver that is loaded anew takes its card away for a moment

std::vector<std::string> cards_of(const std::vector<std::string>& nodes) {
    std::vector<std::string> cards;
    std::copy_if(nodes.begin(), nodes.end(), std::back_inserter(cards),
                 [](const std::string& node) { return node.starts_with("/dev/dri/card"); });
    return cards;
}

/// By identity: the same dock on another port is the same.
bool holds(const std::vector<Dock>& docks, const Dock& dock) {
    return std::any_of(docks.begin(), docks.end(), [&](const Dock& other) { return other.id == dock.id; });
}

/// For the first dock of `these` that is not among `others` and whose profile answers that with a re-seat.
std::optional<DueReseat> due_for_missing(const World& world, const std::vector<Dock>& these,
                                         const std::vector<Dock>& others, DockAction DockProfile::*when,
                                         const char* what) {
    for (const Dock& dock : these) {
        const DockProfile* const profile = holds(others, dock) ? nullptr : profile_of(dock, world.dock_profiles);
        if (profile != nullptr && profile->*when == DockAction::reseat) {
            return DueReseat{dock.name + what + " (dock profile '" + profile->name + "')",
                             static_cast<Microseconds>(profile->grace_s) * one_second};
        }
    }
    return std::nullopt;
}

std::optional<DueReseat> due_for_docks(const World& world, const Seat& seat) {
    if (!world.hardware_known || !seat.seated_with->docks) {
        return std::nullopt;
    }
    const std::vector<Dock>& before = *seat.seated_with->docks;
    const auto came = due_for_missing(world, seat.docks, before, &DockProfile::on_dock, " was plugged in");
    return came ? came : due_for_missing(world, before, seat.docks, &DockProfile::on_undock, " was taken away");
}

std::optional<DueReseat> due_for_cards(const Seat& seat) {
    const bool is_known = seat.seated_with->cards && !seat.devices.empty();
    if (seat.plan->mode != SeatMode::vt || !is_known || cards_of(seat.devices) == *seat.seated_with->cards) {
        return std::nullopt;
    }
    return DueReseat{"a graphics card came or went", card_grace};
}

bool is_idle(const World& world, const Seat& seat) {
    return seat.state == SeatState::seated && seat.step == Step::none && !seat.job && !seat.leave_after_step &&
           !seat.gone && !world.shutting_down;
}

std::int64_t milliseconds_until(Microseconds then, Microseconds now) {
    constexpr Microseconds millisecond = 1'000;
    return std::max<std::int64_t>(1, (then - now + millisecond - 1) / millisecond);
}

} // namespace

JobId begin_reseat(Ledger& ledger, Seat& seat, const std::string& reason) {
    seat.next = seat.plan;
    const JobId job = ledger.open_job(seat, JobKind::reseat, "Re-seating: " + reason);
    leave(ledger, seat, std::nullopt, "Re-seating: " + reason);
    return job;
}

std::optional<DueReseat> due_reseat(const World& world, const Seat& seat) {
    if (!seat.plan || !seat.seated_with) {
        return std::nullopt;
    }
    const auto due = due_for_docks(world, seat);
    return due ? due : due_for_cards(seat);
}

Equipment equipment_of(const World& world, const Seat& seat) {
    Equipment equipment;
    if (world.hardware_known) {
        equipment.docks = seat.docks;
    }
    if (!seat.devices.empty()) {
        equipment.cards = cards_of(seat.devices);
    }
    return equipment;
}

void consider_reseat(Ledger& ledger, Seat& seat, bool anew) {
    if (!is_idle(ledger.world(), seat)) {
        return; // It is looked at again when that is over.
    }
    if (seat.seated_with && !seat.seated_with->cards && !seat.devices.empty()) {
        seat.seated_with->cards = cards_of(seat.devices);
    }
    const auto due = due_reseat(ledger.world(), seat);
    if (!due) {
        if (std::exchange(seat.reseat_at, 0) != 0) {
            ledger.emit(ClearTimer{seat.name});
            ledger.enter(seat, seat.state, "The devices are again those that the desktop came up with");
        }
        return;
    }
    if (anew || seat.reseat_at == 0) {
        seat.reseat_at = ledger.now() + due->grace;
        ledger.enter(seat, seat.state, "A re-seat is due: " + due->reason);
    }
    ++seat.serial.value;
    ledger.emit(ArmTimer{seat.name, seat.serial, milliseconds_until(seat.reseat_at, ledger.now())});
}

void share_sound(Ledger& ledger, const Seat& seat) {
    if (seat.plan && seat.plan->mode == SeatMode::logind && is_up(seat.state)) {
        ledger.emit(ShareSound{seat.name});
    }
}

void on_grace_over(Ledger& ledger, Seat& seat) {
    const auto due = is_idle(ledger.world(), seat) ? due_reseat(ledger.world(), seat) : std::nullopt;
    seat.reseat_at = 0;
    if (due) {
        begin_reseat(ledger, seat, due->reason);
    }
}

} // namespace berth::policy
