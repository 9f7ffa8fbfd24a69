#include "support/builders.hpp"

namespace berth::test {

using namespace model;

DesktopProfile a_profile(SeatMode mode) {
    DesktopProfile profile;
    profile.name = "gnome";
    profile.image = "localhost/gnome:test";
    profile.mode = mode;
    profile.may_run = {"chrome"};
    profile.probe = {"true"};
    profile.timeouts = ProfileTimeouts{90, 11, 22, 6};
    return profile;
}

HostFacts a_host() {
    return HostFacts{true, true, false, {{"video", 44}}};
}

StepFacts success_of(Step step) {
    switch (step) {
    case Step::open_door:
        return DoorPaths{"/door", "/runtime", "/machine-id", "0123456789abcdef0123456789abcdef"};
    case Step::claim_vt:
        return VtClaim{7, 1, 3};
    case Step::lease_seat:
        return SeatLease{};
    case Step::await_lease:
        return SeatLease{"5", 7, 1234};
    case Step::create:
        return ContainerCreated{"c0ffee"};
    case Step::start:
        return InitStarted{4242};
    case Step::restore_tty:
        return RestoreReport{true, {}, {"tty7: VT_AUTO"}, {}, 900};
    case Step::none:
    case Step::check_image:
    case Step::check_systemd:
    case Step::initialize:
    case Step::join_network:
    case Step::await_session:
    case Step::probe_shell:
    case Step::end_session:
    case Step::stop:
    case Step::kill:
    case Step::release_seat:
    case Step::remove:
    case Step::close_door:
    case Step::pause:
    case Step::unpause:
    case Step::adopt:
    case Step::commit:
    case Step::attach:
    case Step::collect:
    case Step::flush:
    case Step::give:
    case Step::take:
    case Step::find:
    case Step::join:
    case Step::part:
        return {};
    }
    return {};
}

Failure failure_of(Step step, ErrorCode code) {
    return Failure{step, code, "step " + std::to_string(static_cast<int>(step)) + " went wrong"};
}

RestoreReport unverified() {
    return RestoreReport{false, {"tty7: KD_GRAPHICS"}, {}, {"tty7: KD_GRAPHICS"}, 500};
}

WorldBuilder::WorldBuilder() {
    world_.host = a_host();
}

WorldBuilder& WorldBuilder::seat(const SeatName& name) {
    seat_ = &world_.seats[name];
    seat_->name = name;
    return *this;
}

WorldBuilder& WorldBuilder::in(SeatState state) {
    seat_->state = state;
    return *this;
}

WorldBuilder& WorldBuilder::with_plan(SeatMode mode) {
    seat_->plan = UpPlan{a_profile(mode), mode};
    return *this;
}

WorldBuilder& WorldBuilder::with_container(const std::string& id, std::int32_t pid) {
    seat_->container = id;
    seat_->init_pid = pid;
    seat_->may_run = pid != 0;
    seat_->session_ready = seat_->state == SeatState::seated || seat_->state == SeatState::frozen;
    seat_->paused = seat_->state == SeatState::frozen;
    return *this;
}

WorldBuilder& WorldBuilder::with_vt(VtClaim claim) {
    seat_->vt = claim;
    return *this;
}

WorldBuilder& WorldBuilder::with_door() {
    seat_->door = DoorPaths{"/door", "/runtime", "/machine-id", "0123456789abcdef0123456789abcdef"};
    return *this;
}

WorldBuilder& WorldBuilder::shutting_down() {
    world_.shutting_down = true;
    return *this;
}

} // namespace berth::test
