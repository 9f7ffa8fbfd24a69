#include "policy/step_table.hpp"

#include <algorithm>
#include <array>

namespace berth::policy {

using model::Seat;
using model::SeatState;
using model::Step;

namespace {

using Chain = StepRow::Chain;

// clang-format off
constexpr std::array<StepRow, 24> table{{
    // step                 state                 next                 on failure           interruptible  chain  progress
    {Step::check_image,    SeatState::preparing, Step::claim_vt,      Step::unpause,        false, Chain::up, 0.02, "Looking for the image"},
    {Step::claim_vt,       SeatState::preparing, Step::open_door,     Step::unpause,        false, Chain::up, 0.05, "Taking a virtual terminal"},
    {Step::open_door,      SeatState::preparing, Step::lease_seat,    Step::unpause,        false, Chain::up, 0.08, "Making the seat's directories"},
    {Step::lease_seat,     SeatState::preparing, Step::create,        Step::unpause,        false, Chain::up, 0.09, "Asking for a session on the seat"},
    {Step::create,         SeatState::preparing, Step::initialize,    Step::unpause,        false, Chain::up, 0.10, "Creating the container"},
    {Step::initialize,     SeatState::preparing, Step::check_systemd, Step::unpause,        false, Chain::up, 0.11, "Setting the container up"},
    {Step::check_systemd,  SeatState::preparing, Step::await_lease,   Step::unpause,        false, Chain::up, 0.15, "Looking for systemd in the image"},
    {Step::await_lease,    SeatState::preparing, Step::start,         Step::unpause,        false, Chain::up, 0.18, "Waiting for the session on the seat"},
    {Step::start,          SeatState::starting,  Step::join_network,  Step::unpause,        false, Chain::up, 0.20, "Starting the container"},
    {Step::join_network,   SeatState::starting,  Step::await_session, Step::unpause,        false, Chain::up, 0.25, "Connecting the container to its network"},
    {Step::await_session,  SeatState::starting,  Step::probe_shell,   Step::unpause,        true,  Chain::up, 0.30, "Waiting for the session"},
    {Step::probe_shell,    SeatState::starting,  Step::none,          Step::unpause,        true,  Chain::up, 0.90, "Asking the shell"},
    // Tear-down: what fails is passed over, since the next step is the stronger means.
    {Step::unpause,        SeatState::draining,  Step::end_session,   Step::end_session,    false, Chain::down, 0.05, "Letting the desktop go on"},
    {Step::end_session,    SeatState::draining,  Step::stop,          Step::stop,           true,  Chain::down, 0.10, "Asking the session to end"},
    {Step::stop,           SeatState::draining,  Step::kill,          Step::kill,           true,  Chain::down, 0.30, "Stopping systemd in the container"},
    {Step::kill,           SeatState::draining,  Step::release_seat,  Step::release_seat,   true,  Chain::down, 0.60, "Killing the container"},
    {Step::release_seat,   SeatState::restoring, Step::restore_tty,   Step::restore_tty,    false, Chain::down, 0.70, "Closing the session on the seat"},
    {Step::restore_tty,    SeatState::restoring, Step::remove,        Step::remove,         false, Chain::down, 0.80, "Restoring the text terminal"},
    {Step::remove,         SeatState::restoring, Step::close_door,    Step::close_door,     false, Chain::down, 0.90, "Removing the container"},
    {Step::close_door,     SeatState::restoring, Step::none,          Step::none,           false, Chain::down, 0.95, "Removing the seat's directories"},
    // What an earlier berthd left and is up. What cannot be taken over is told; the desktop goes on.
    {Step::adopt,          SeatState::seated,    Step::none,          Step::none,           false, Chain::in_place, 0.10, "Taking over the desktop that runs"},
    // On a desktop that is up; `pause` and `commit` return to where the seat was. A thaw runs `unpause` in `frozen`.
    {Step::pause,          SeatState::seated,    Step::none,          Step::none,           false, Chain::in_place, 0.10, "Freezing the desktop"},
    {Step::commit,         SeatState::seated,    Step::none,          Step::none,           false, Chain::in_place, 0.10, "Saving the desktop as an image"},
    {Step::none,           SeatState::vacant,    Step::none,          Step::none,           true,  Chain::in_place, 0.00, ""},
}};
// clang-format on

constexpr std::int64_t second = 1000;

} // namespace

std::span<const StepRow> step_table() noexcept {
    return std::span{table}.first(table.size() - 1);
}

const StepRow& row_of(Step step) noexcept {
    const auto* const row =
        std::find_if(table.begin(), table.end(), [step](const StepRow& r) { return r.step == step; });
    return row == table.end() ? table.back() : *row;
}

bool comes_before(Step step, Step other) noexcept {
    return &row_of(step) < &row_of(other);
}

bool applies(Step step, const Seat& seat) noexcept {
    switch (step) {
    case Step::claim_vt:
        return seat.plan && seat.plan->mode != model::SeatMode::headless && model::has_terminals(seat.name);
    case Step::lease_seat:
        return seat.plan && seat.plan->mode == model::SeatMode::logind;
    case Step::initialize: // in place of `start`'s own, where there is something to wait for meanwhile
    case Step::await_lease:
    case Step::join_network: // which `initialize` leaves out
    case Step::release_seat:
        return seat.lease.has_value();
    case Step::unpause:
        return seat.paused;
    case Step::end_session:
        return seat.init_pid != 0 && seat.session_ready && !seat.now;
    case Step::stop:
        return seat.init_pid != 0 && !seat.now;
    case Step::kill:
        return seat.may_run;
    case Step::restore_tty:
        return seat.vt.has_value();
    case Step::remove:
        return !seat.container.empty();
    case Step::close_door:
        return seat.door.has_value();
    case Step::await_session:
        return !seat.session_ready;
    case Step::none:
    case Step::attach: // those that follow are clients' steps
    case Step::collect:
    case Step::flush:
    case Step::give:
    case Step::take:
    case Step::find:
    case Step::join:
    case Step::part:
        return false;
    case Step::check_image:
    case Step::open_door:
    case Step::create:
    case Step::check_systemd:
    case Step::start:
    case Step::probe_shell:
    case Step::adopt:
    case Step::pause:
    case Step::commit:
        return true;
    }
    return false;
}

Step first_applicable(Step step, const Seat& seat) noexcept {
    while (step != Step::none && !applies(step, seat)) {
        step = row_of(step).next;
    }
    return step;
}

std::int64_t limit_ms(Step step, const Seat& seat, model::Microseconds now) noexcept {
    const model::ProfileTimeouts limits = seat.plan ? seat.plan->profile.timeouts : model::ProfileTimeouts{};
    switch (step) {
    case Step::await_session:
    case Step::probe_shell:
        return std::max<std::int64_t>(1, (seat.start_deadline - now) / 1000);
    case Step::end_session:
        return limits.end_session_s * second;
    case Step::stop:
        return limits.stop_s * second;
    case Step::kill:
        return limits.kill_s * second;
    case Step::open_door:
    case Step::restore_tty:
    case Step::close_door:
        return 5 * second;
    case Step::claim_vt: // with its guard, which may have to be started
    case Step::check_systemd:
    case Step::adopt:
    case Step::pause:
    case Step::unpause:
    case Step::release_seat:
    case Step::lease_seat:
        return 15 * second;
    case Step::await_lease:
        return 30 * second;
    case Step::create:
    case Step::initialize:
    case Step::start:
    case Step::join_network:
    case Step::remove:
        return 60 * second;
    case Step::check_image: // the first that asks the engine, which may have to be started
        return 90 * second;
    case Step::commit:
        return 1800 * second;
    case Step::none:
    case Step::attach: // those that follow are clients' steps
    case Step::collect:
    case Step::flush:
    case Step::give:
    case Step::take:
    case Step::find:
    case Step::join:
    case Step::part:
        return 0;
    }
    return 0;
}

} // namespace berth::policy
