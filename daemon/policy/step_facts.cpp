#include "policy/step_facts.hpp"

#include "base/overloaded.hpp"

namespace berth::policy {

using namespace model;

namespace {

/// The engine knows a container by its name as well as by its id.
std::string assumed_container(const Seat& seat) {
    return "berth-" + seat.name.value;
}

} // namespace

void apply_facts(Ledger& ledger, Seat& seat, const StepFinished& event) {
    std::visit(Overloaded{
                   [](const std::monostate&) {},
                   [&](const ContainerCreated& created) {
                       seat.container = created.container;
                       seat.made_with = created.devices;
                       seat.lent.clear();
                   },
                   [&](const InitStarted& started) {
                       seat.init_pid = started.pid;
                       const std::int64_t limit = seat.plan ? seat.plan->profile.timeouts.start_s : 0;
                       seat.start_deadline = ledger.now() + limit * 1'000'000;
                       ledger.emit(WatchInit{seat.name, started.pid});
                   },
                   [&](const VtClaim& claim) { seat.vt = claim; }, [&](const DoorPaths& paths) { seat.door = paths; },
                   [&](const SeatLease& lease) { seat.lease = lease; },
                   [](const auto&) {}, // what a restore saw is for the journal; the rest is of clients' steps
               },
               event.facts);
    switch (event.step) {
    case Step::unpause:
        seat.paused = false;
        break;
    case Step::pause:
        seat.paused = true;
        break;
    case Step::release_seat:
        seat.lease.reset();
        break;
    case Step::restore_tty:
        seat.vt.reset();
        break;
    case Step::remove:
        seat.container.clear();
        seat.may_run = false;
        break;
    case Step::close_door:
        seat.door.reset();
        break;
    default: // NOLINT(clang-diagnostic-covered-switch-default): the others, and clients', change nothing more
        break;
    }
}

void assume_done(Seat& seat, Step step) {
    if (step == Step::claim_vt && !seat.vt) {
        seat.vt = VtClaim{};
    } else if (step == Step::open_door && !seat.door) {
        seat.door = DoorPaths{};
    } else if (step == Step::lease_seat && !seat.lease) {
        seat.lease = SeatLease{};
    } else if (step == Step::create && seat.container.empty()) {
        seat.container = assumed_container(seat);
    } else if (step == Step::pause) {
        seat.paused = true;
    }
}

bool is_missing(const Seat& seat, Step step) noexcept {
    if (step == Step::claim_vt) {
        return !seat.vt || *seat.vt == VtClaim{};
    }
    if (step == Step::open_door) {
        return !seat.door || *seat.door == DoorPaths{};
    }
    if (step == Step::lease_seat) {
        return !seat.lease || *seat.lease == SeatLease{};
    }
    return step == Step::create && (seat.container.empty() || seat.container == assumed_container(seat));
}

Step undoing_of(Step step) noexcept {
    if (step == Step::claim_vt) {
        return Step::restore_tty;
    }
    if (step == Step::open_door) {
        return Step::close_door;
    }
    if (step == Step::lease_seat) {
        return Step::release_seat;
    }
    return step == Step::create ? Step::remove : Step::none;
}

std::optional<Failure> failure_of(const StepFinished& event) {
    if (event.error) {
        return event.error;
    }
    const auto* const report = std::get_if<RestoreReport>(&event.facts);
    if (report != nullptr && !report->verified) {
        std::string rest;
        for (const std::string& line : report->remaining) {
            rest.append(rest.empty() ? "" : ", ").append(line);
        }
        return Failure{Step::restore_tty, ErrorCode::failed, "The text terminal is not right yet: " + rest};
    }
    return std::nullopt;
}

} // namespace berth::policy
