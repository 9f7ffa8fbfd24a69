#include "model/json.hpp"

namespace berth::model {

ErrorCode error_code(Refusal refusal) noexcept {
    switch (refusal) {
    case Refusal::not_authorized:
        return ErrorCode::not_authorized;
    case Refusal::no_such_seat:
        return ErrorCode::no_such_seat;
    case Refusal::seat_busy:
    case Refusal::seat_taken:
    case Refusal::seat_held:
        return ErrorCode::seat_busy;
    case Refusal::bad_profile:
        return ErrorCode::bad_profile;
    case Refusal::no_terminals:
        return ErrorCode::vt_unavailable;
    case Refusal::seat_empty:
    case Refusal::no_such_job:
    case Refusal::job_not_cancellable:
    case Refusal::invalid_argument:
        return ErrorCode::invalid_argument;
    case Refusal::shutting_down:
        return ErrorCode::failed;
    }
    return ErrorCode::failed;
}

std::string_view name_of(SeatState state) noexcept {
    switch (state) {
    case SeatState::vacant:
        return "vacant";
    case SeatState::preparing:
        return "preparing";
    case SeatState::starting:
        return "starting";
    case SeatState::seated:
        return "seated";
    case SeatState::frozen:
        return "frozen";
    case SeatState::draining:
        return "draining";
    case SeatState::restoring:
        return "restoring";
    case SeatState::held:
        return "held";
    }
    return "vacant";
}

std::string_view name_of(Step step) noexcept {
    switch (step) {
    case Step::none:
        return "none";
    case Step::check_image:
        return "check-image";
    case Step::open_door:
        return "open-door";
    case Step::claim_vt:
        return "claim-vt";
    case Step::lease_seat:
        return "lease-seat";
    case Step::create:
        return "create";
    case Step::check_systemd:
        return "check-systemd";
    case Step::start:
        return "start";
    case Step::await_session:
        return "await-session";
    case Step::probe_shell:
        return "probe-shell";
    case Step::end_session:
        return "end-session";
    case Step::stop:
        return "stop";
    case Step::kill:
        return "kill";
    case Step::release_seat:
        return "release-seat";
    case Step::restore_tty:
        return "restore-tty";
    case Step::remove:
        return "remove";
    case Step::close_door:
        return "close-door";
    case Step::adopt:
        return "adopt";
    case Step::pause:
        return "pause";
    case Step::unpause:
        return "unpause";
    case Step::commit:
        return "commit";
    }
    return "none";
}

std::string_view name_of(SeatMode mode) noexcept {
    switch (mode) {
    case SeatMode::automatic:
        return "auto";
    case SeatMode::headless:
        return "headless";
    case SeatMode::vt:
        return "vt";
    case SeatMode::logind:
        return "logind";
    }
    return "auto";
}

std::string_view name_of(JobKind kind) noexcept {
    switch (kind) {
    case JobKind::up:
        return "up";
    case JobKind::down:
        return "down";
    case JobKind::reseat:
        return "reseat";
    case JobKind::restore_tty:
        return "restore-tty";
    case JobKind::freeze:
        return "freeze";
    case JobKind::thaw:
        return "thaw";
    case JobKind::snapshot:
        return "snapshot";
    }
    return "up";
}

std::string_view name_of(JobState state) noexcept {
    switch (state) {
    case JobState::running:
        return "running";
    case JobState::cancelling:
        return "cancelling";
    case JobState::done:
        return "done";
    case JobState::failed:
        return "failed";
    case JobState::cancelled:
        return "cancelled";
    }
    return "running";
}

std::string_view name_of(Refusal refusal) noexcept {
    switch (refusal) {
    case Refusal::not_authorized:
        return "not-authorized";
    case Refusal::no_such_seat:
        return "no-such-seat";
    case Refusal::seat_busy:
        return "seat-busy";
    case Refusal::seat_taken:
        return "seat-taken";
    case Refusal::seat_held:
        return "seat-held";
    case Refusal::seat_empty:
        return "seat-empty";
    case Refusal::no_such_job:
        return "no-such-job";
    case Refusal::job_not_cancellable:
        return "job-not-cancellable";
    case Refusal::bad_profile:
        return "bad-profile";
    case Refusal::no_terminals:
        return "no-terminals";
    case Refusal::invalid_argument:
        return "invalid-argument";
    case Refusal::shutting_down:
        return "shutting-down";
    }
    return "invalid-argument";
}

} // namespace berth::model
