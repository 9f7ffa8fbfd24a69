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
    case Refusal::no_such_client:
        return ErrorCode::no_such_client;
    case Refusal::grant_denied:
        return ErrorCode::grant_denied;
    case Refusal::no_terminals:
        return ErrorCode::vt_unavailable;
    case Refusal::seat_empty:
    case Refusal::no_such_job:
    case Refusal::job_not_cancellable:
    case Refusal::client_state:
    case Refusal::name_taken:
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

// clang-format off
std::string_view name_of(Step step) noexcept {
    switch (step) {
    case Step::none: return "none";
    case Step::check_image: return "check-image";
    case Step::open_door: return "open-door";
    case Step::claim_vt: return "claim-vt";
    case Step::lease_seat: return "lease-seat";
    case Step::create: return "create";
    case Step::check_systemd: return "check-systemd";
    case Step::initialize: return "initialize";
    case Step::await_lease: return "await-lease";
    case Step::start: return "start";
    case Step::join_network: return "join-network";
    case Step::await_session: return "await-session";
    case Step::probe_shell: return "probe-shell";
    case Step::end_session: return "end-session";
    case Step::stop: return "stop";
    case Step::kill: return "kill";
    case Step::release_seat: return "release-seat";
    case Step::restore_tty: return "restore-tty";
    case Step::remove: return "remove";
    case Step::close_door: return "close-door";
    case Step::adopt: return "adopt";
    case Step::pause: return "pause";
    case Step::unpause: return "unpause";
    case Step::commit: return "commit";
    case Step::attach: return "attach";
    case Step::collect: return "collect";
    case Step::flush: return "flush";
    case Step::give: return "give";
    case Step::take: return "take";
    case Step::find: return "find";
    case Step::join: return "join";
    case Step::part: return "part";
    }
    return "none";
}

// clang-format on

std::string_view name_of(LateCards cards) noexcept {
    switch (cards) {
    case LateCards::automatic:
        return "auto";
    case LateCards::forward:
        return "forward";
    case LateCards::reseat:
        return "reseat";
    case LateCards::ignore:
        return "ignore";
    }
    return "auto";
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

std::string_view name_of(ClientState state) noexcept {
    switch (state) {
    case ClientState::preparing:
        return "preparing";
    case ClientState::starting:
        return "starting";
    case ClientState::running:
        return "running";
    case ClientState::frozen:
        return "frozen";
    case ClientState::ending:
        return "ending";
    case ClientState::exited:
        return "exited";
    }
    return "exited";
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
    case JobKind::run:
        return "run";
    case JobKind::exec:
        return "exec";
    case JobKind::logs:
        return "logs";
    case JobKind::stop:
        return "stop";
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
    case Refusal::no_such_client:
        return "no-such-client";
    case Refusal::client_state:
        return "client-state";
    case Refusal::name_taken:
        return "name-taken";
    case Refusal::grant_denied:
        return "grant-denied";
    }
    return "invalid-argument";
}

std::string_view name_of(SelfOpen what) noexcept {
    switch (what) {
    case SelfOpen::render_node:
        return "OpenRenderNode";
    case SelfOpen::display:
        return "OpenDisplay";
    case SelfOpen::sound:
        return "OpenSound";
    case SelfOpen::ipc_namespace:
        return "OpenIpcNamespace";
    }
    return "OpenRenderNode";
}

std::string_view name_of(DoorItem::Kind kind) noexcept {
    switch (kind) {
    case DoorItem::Kind::socket:
        return "socket";
    case DoorItem::Kind::node:
        return "node";
    case DoorItem::Kind::directory:
        return "directory";
    case DoorItem::Kind::file:
        return "file";
    case DoorItem::Kind::text:
        return "text";
    }
    return "text";
}

} // namespace berth::model
