#include "policy/reseat.hpp"

#include "policy/dock_commands.hpp"
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

/// Of sorted `these`, those that are not among sorted `others`.
std::vector<std::string> without(const std::vector<std::string>& these, const std::vector<std::string>& others) {
    std::vector<std::string> more;
    std::set_difference(these.begin(), these.end(), others.begin(), others.end(), std::back_inserter(more));
    return more;
}

/// Those of the seat that its desktop's container was not made with.
std::vector<std::string> late_render_nodes(const Seat& seat) {
    std::vector<std::string> late;
    const bool has_gpus = std::any_of(seat.plan->profile.devices.begin(), seat.plan->profile.devices.end(),
                                      [](const ProfileDevice& device) { return device.path == "/dev/dri"; });
    if (has_gpus) {
        std::copy_if(seat.devices.begin(), seat.devices.end(), std::back_inserter(late), [&](const std::string& node) {
            return node.starts_with("/dev/dri/renderD") &&
                   std::find(seat.made_with.begin(), seat.made_with.end(), node) == seat.made_with.end();
        });
    }
    return late;
}

/// A way for a dock to change, and what its profile and the words for it are.
struct Direction {
    DockAction DockProfile::*action;
    bool docked;
    const char* words;
};

constexpr Direction came{&DockProfile::on_dock, true, " was plugged in"};
constexpr Direction went{&DockProfile::on_undock, false, " was taken away"};

DueReseat due_for(const Dock& dock, const DockProfile& profile, const Direction& direction) {
    DueReseat due{dock.name + direction.words + " (dock profile '" + profile.name + "')", grace_of(profile),
                  std::nullopt};
    if (profile.*direction.action == DockAction::ask) {
        due.ask = DueReseat::Ask{
            {dock.id, direction.docked}, profile.question, environment_of(dock, direction.docked), profile.answer_s};
    }
    return due;
}

bool was_declined(const Seat& seat, const DockQuestion& question) {
    return std::find(seat.declined.begin(), seat.declined.end(), question) != seat.declined.end();
}

/// For the docks of `these` that are not among `others`: one whose profile answers that with a re-seat, else one whose
/// profile asks, and whose desktop did not say no.
std::optional<DueReseat> due_for_missing(const World& world, const Seat& seat, const std::vector<Dock>& these,
                                         const std::vector<Dock>& others, const Direction& direction) {
    std::optional<DueReseat> question;
    for (const Dock& dock : these) {
        const DockProfile* const profile = holds(others, dock) ? nullptr : profile_of(dock, world.dock_profiles);
        const DockAction action = profile == nullptr ? DockAction::forward : profile->*direction.action;
        if (action == DockAction::reseat) {
            return due_for(dock, *profile, direction);
        }
        if (action == DockAction::ask && !question && !was_declined(seat, {dock.id, direction.docked})) {
            question = due_for(dock, *profile, direction);
        }
    }
    return question;
}

/// What nobody needs to ask for comes first.
std::optional<DueReseat> due_for_docks(const World& world, const Seat& seat) {
    if (!world.hardware_known || !seat.seated_with->docks) {
        return std::nullopt;
    }
    const std::vector<Dock>& before = *seat.seated_with->docks;
    const auto for_came = due_for_missing(world, seat, seat.docks, before, came);
    const auto for_gone = due_for_missing(world, seat, before, seat.docks, went);
    const bool gone_first = for_gone && !for_gone->ask && (!for_came || for_came->ask);
    return gone_first || !for_came ? for_gone : for_came;
}

/// A dock that is again as it was when the desktop came up may be asked about anew.
void forget_declined(Seat& seat) {
    if (!seat.seated_with || !seat.seated_with->docks) {
        seat.declined.clear();
        return;
    }
    std::erase_if(seat.declined, [&](const DockQuestion& question) {
        const Dock dock{.id = question.dock, .name = {}, .path = {}};
        const bool is_here = holds(seat.docks, dock);
        return is_here == holds(*seat.seated_with->docks, dock) || is_here != question.docked;
    });
}

/// The node is of a dock among `docks` whose profile says that nothing is to be done, or that somebody is to be asked.
bool is_left_out(const World& world, const std::vector<Dock>& docks, DockAction DockProfile::*when,
                 const std::string& node) {
    return std::any_of(docks.begin(), docks.end(), [&](const Dock& dock) {
        const bool is_its = std::find(dock.nodes.begin(), dock.nodes.end(), node) != dock.nodes.end();
        const DockProfile* const profile = is_its ? profile_of(dock, world.dock_profiles) : nullptr;
        return profile != nullptr && (profile->*when == DockAction::ignore || profile->*when == DockAction::ask);
    });
}

/// Of sorted `these`, one that is not among sorted `others`, and that no dock's profile leaves out.
bool has_another(const World& world, const std::vector<std::string>& these, const std::vector<std::string>& others,
                 const std::vector<Dock>& docks, DockAction DockProfile::*when) {
    const std::vector<std::string> more = without(these, others);
    return std::any_of(more.begin(), more.end(),
                       [&](const std::string& node) { return !is_left_out(world, docks, when, node); });
}

std::optional<DueReseat> due_for_cards(const World& world, const Seat& seat) {
    const bool is_known = seat.seated_with->cards && !seat.devices.empty();
    if (seat.plan->mode == SeatMode::headless || late_cards_of(*seat.plan) != LateCards::reseat || !is_known) {
        return std::nullopt;
    }
    const std::vector<std::string>& before = *seat.seated_with->cards;
    const std::vector<std::string> now = cards_of(seat.devices);
    const std::vector<Dock> docks_before = seat.seated_with->docks.value_or(std::vector<Dock>{});
    const bool is_due = has_another(world, now, before, seat.docks, &DockProfile::on_dock) ||
                        has_another(world, before, now, docks_before, &DockProfile::on_undock);
    return is_due ? std::optional{DueReseat{"a graphics card came or went", card_grace, std::nullopt}} : std::nullopt;
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
    const auto for_docks = due_for_docks(world, seat);
    if (for_docks && !for_docks->ask) {
        return for_docks;
    }
    const auto for_cards = due_for_cards(world, seat);
    return for_cards ? for_cards : for_docks;
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
    forget_declined(seat);
    const auto due = due_reseat(ledger.world(), seat);
    if (seat.asked && (!due || !due->ask || due->ask->about != *seat.asked)) {
        seat.asked.reset(); // the devices have answered
    }
    if (seat.asked) {
        return;
    }
    const std::vector<DueCommand> commands = due_commands(ledger.world(), seat);
    if (!due && commands.empty()) {
        if (std::exchange(seat.reseat_at, 0) != 0) {
            ledger.emit(ClearTimer{seat.name});
            ledger.enter(seat, seat.state, "The devices are again those that the desktop came up with");
        }
        return;
    }
    if (anew || seat.reseat_at == 0) {
        seat.reseat_at = ledger.now() + (due ? due->grace : commands.front().grace);
        ledger.enter(seat, seat.state,
                     due ? "A re-seat is due: " + due->reason
                         : "The desktop is told of " + commands.front().dock.name + " once it rests");
    }
    ++seat.serial.value;
    ledger.emit(ArmTimer{seat.name, seat.serial, milliseconds_until(seat.reseat_at, ledger.now())});
}

void share_nodes(Ledger& ledger, Seat& seat) {
    if (!seat.plan || seat.plan->mode != SeatMode::logind || !is_up(seat.state)) {
        return;
    }
    ledger.emit(ShareSound{seat.name});
    std::vector<std::string> late = late_render_nodes(seat);
    ShareRender render{seat.name, without(late, seat.lent), without(seat.lent, late)};
    if (!render.came.empty() || !render.gone.empty()) {
        seat.lent = std::move(late);
        ledger.emit(std::move(render));
    }
}

void on_grace_over(Ledger& ledger, Seat& seat) {
    seat.reseat_at = 0;
    if (!is_idle(ledger.world(), seat)) {
        return;
    }
    const auto due = due_reseat(ledger.world(), seat);
    if (due && !due->ask) {
        begin_reseat(ledger, seat, due->reason); // the next desktop is told of its docks
        return;
    }
    run_dock_commands(ledger, seat);
    if (due) {
        seat.asked = due->ask->about;
        ledger.emit(
            AskDesktop{seat.name, ++seat.question, due->ask->command, due->ask->environment, due->ask->limit_s});
        ledger.enter(seat, seat.state, "The desktop is asked whether to re-seat it: " + due->reason);
    }
}

void on_desktop_answered(Ledger& ledger, const DesktopAnswered& event) {
    Seat* const seat = ledger.find_seat(event.seat);
    if (seat == nullptr || !seat->asked || seat->question != event.question) {
        return; // nobody waits for it any more
    }
    const DockQuestion about = *std::exchange(seat->asked, std::nullopt);
    if (!is_idle(ledger.world(), *seat)) {
        return; // it is asked again when what is done with it is over
    }
    const auto due = due_reseat(ledger.world(), *seat);
    if (event.yes && due && due->ask && due->ask->about == about) {
        begin_reseat(ledger, *seat, due->reason);
        return;
    }
    seat->declined.push_back(about);
    ledger.enter(*seat, seat->state, "The desktop is not re-seated for the dock: " + event.why);
    consider_reseat(ledger, *seat);
}

} // namespace berth::policy
