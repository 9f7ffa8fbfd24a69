#include "support/filled.hpp"

namespace berth::test {

using namespace model;

namespace {

const SeatName seat{"seat-9"};
const Caller caller{":1.42", 1000};
const Failure failure{Step::probe_shell, ErrorCode::timed_out, "The shell never answered"};

} // namespace

DesktopProfile filled_profile() {
    DesktopProfile profile;
    profile.name = "gnome";
    profile.description = "A whole desktop";
    profile.image = "localhost/gnome:1";
    profile.user = DesktopUser{"ada", 1001, 1002, {"video", "audio"}};
    profile.mode = SeatMode::vt;
    profile.display = DisplaySize{1920, 1080};
    profile.network = "host";
    profile.devices = {{"/dev/dri", true}};
    profile.volumes = {{"/srv", "/mnt", true}};
    profile.environment = {{"LANG", "C.UTF-8"}};
    profile.log_in_again = true;
    profile.probe = {"gdbus", "call"};
    profile.timeouts = ProfileTimeouts{1, 2, 3, 4};
    return profile;
}

Seat filled_seat() {
    Seat filled;
    filled.name = seat;
    filled.state = SeatState::draining;
    filled.since = 11;
    filled.step = Step::stop;
    filled.serial = StepSerial{12};
    filled.job = JobId{13};
    filled.plan = UpPlan{filled_profile(), SeatMode::vt};
    filled.next = UpPlan{filled_profile(), SeatMode::vt};
    filled.door = DoorPaths{"/a", "/b", "/c", "d"};
    filled.vt = VtClaim{7, 1, 2};
    filled.lease = SeatLease{"5", 7, 99};
    filled.container = "c0ffee";
    filled.init_pid = 14;
    filled.may_run = true;
    filled.paused = true;
    filled.session_ready = true;
    filled.now = true;
    filled.leave_after_step = true;
    filled.retrying = true;
    filled.start_deadline = 15;
    filled.facts = {{"display", ":0"}};
    filled.failure = failure;
    filled.last_failure = failure;
    filled.failed_starts = {16, 17};
    filled.restore_attempts = 18;
    filled.announced = true;
    filled.gone = true;
    filled.devices = {"/dev/input/event0"};
    return filled;
}

World filled_world() {
    World world;
    world.host = HostFacts{true, true, true, {{"video", 44}}};
    world.seats.emplace(seat, filled_seat());
    world.jobs.emplace(
        JobId{13}, Job{JobId{13}, JobKind::snapshot, JobState::failed, seat, "commit", 0.5, "Saving", "Failed: no"});
    std::uint64_t token = 20;
    for (const Request& request : every_request()) {
        world.calls.emplace(CallToken{++token}, PendingCall{caller, request});
    }
    world.last_job = 19;
    world.last_serial = StepSerial{20};
    world.leftovers_asked_for = true;
    world.shutting_down = true;
    world.keeps_desktops = true;
    return world;
}

std::vector<Request> every_request() {
    return {UpRequest{seat, "gnome", SeatMode::vt, "other:2"},
            DownRequest{seat, true},
            ReseatRequest{seat, "new settings"},
            RestoreTtyRequest{seat},
            FreezeRequest{seat},
            ThawRequest{seat},
            SnapshotRequest{seat, "saved:1"},
            CancelRequest{JobId{3}}};
}

std::vector<StepFacts> every_fact() {
    return {std::monostate{},
            ContainerCreated{"c0ffee"},
            InitStarted{77},
            VtClaim{8, 2, 1},
            DoorPaths{"/a", "/b", "/c", "d"},
            RestoreReport{true, {"found"}, {"done"}, {"remaining"}, 5},
            SeatLease{"c2", 8, 1234}};
}

std::vector<Event> every_event() {
    std::vector<Event> events{
        {1, Configured{{seat}, HostFacts{true, true, true, {{"input", 105}}}}},
        {2, LeftoversFound{{Leftover{"seat-9", "dead", 5, VtClaim{7, 1, 2}, true}}, {filled_seat()}}},
        {3, Authorized{CallToken{4}, true, "an admin"}},
        {4, ProfileRead{CallToken{4}, filled_profile(), "not at all"}},
        {5, ProfileRead{CallToken{4}, std::nullopt, "gnome.json:3: broken"}},
        {6, InitExited{seat, 77}},
        {6, PausedChanged{seat, 77, true}},
        {6, LeaseLost{seat, "logind was restarted"}},
        {7, SessionReady{seat, {{"display", ":0"}}}},
        {8, TimerFired{seat, StepSerial{9}}},
        {9, DevicesChanged{seat, {"/dev/snd/pcm0"}}},
        {9, SeatAppeared{seat}},
        {9, SeatGone{seat}},
        {10, ShutdownRequested{true}},
    };
    for (const Request& request : every_request()) {
        events.push_back(Event{11, Called{CallToken{5}, caller, request}});
    }
    for (const StepFacts& facts : every_fact()) {
        events.push_back(Event{12, StepFinished{seat, StepSerial{6}, Step::create, facts, failure}});
    }
    return events;
}

std::vector<Effect> every_effect() {
    const Job job{JobId{2}, JobKind::reseat, JobState::cancelling, seat, "stop", 0.25, "Stopping", "Cancelled: yes"};
    return {Reply{CallToken{1}, {}},
            Reply{CallToken{2}, JobId{3}},
            Reply{CallToken{3}, Refused{Refusal::seat_taken, "It has one already"}},
            Authorize{CallToken{4}, caller, "org.berth.seat-up"},
            ReadProfile{CallToken{5}, seat, "gnome", SeatMode::headless},
            FindLeftovers{},
            SwitchVt{seat, 7, 1},
            RunStep{seat, StepSerial{6}, Step::commit, "saved:1"},
            ArmTimer{seat, StepSerial{7}, 1500},
            ClearTimer{seat},
            WatchInit{seat, 88},
            PublishSeat{seat, true, SeatState::seated, SeatState::frozen, "Freezing"},
            WithdrawSeat{seat},
            PublishJob{job},
            PrintOnTty{seat, 1, "berth: held"},
            Exit{}};
}

} // namespace berth::test
