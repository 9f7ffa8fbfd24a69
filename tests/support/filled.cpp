#include "support/filled.hpp"

namespace berth::test {

using namespace model;

namespace {

const SeatName seat{"seat-9"};
const ClientId client{"browser-1"};
const Caller caller{":1.42", 1000, client, SeatName{"seat-9"}};
const ClientDoor client_door{"/run/berth/clients/browser-1/door",
                             {{"display", {{"wayland-0"}, {{"DISPLAY", ":0"}}, {"/dev/kvm"}, {6000}}}}};
const Failure failure{Step::probe_shell, ErrorCode::timed_out, "The shell never answered"};

Dock filled_dock() {
    return {"usb:1:2",
            "A Dock",
            "/devices/usb1/1-2",
            "/devices/usb2/2-2",
            {DeviceKind::sound, DeviceKind::gpu},
            {"/dev/snd/controlC1"},
            "desk",
            {"edid:DEL:a0b1:7"}};
}

std::vector<Device> filled_hardware() {
    std::vector<Device> devices;
    for (int kind = 0; kind <= static_cast<int>(DeviceKind::other); ++kind) {
        devices.push_back({"/devices/usb1/1-2", static_cast<DeviceKind>(kind), seat, "/dev/input/event5", "usb:1:2",
                           "A Keyboard", "/devices/usb2/2-2", true});
    }
    return devices;
}

DockProfile filled_dock_profile() {
    return {"desk",
            "The desk",
            {"usb:1:*", "*Dock", {DeviceKind::network}, "edid:*"},
            DockAction::reseat,
            DockAction::ask,
            6,
            {"zenity"},
            7,
            {"come"},
            {"go"}};
}

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
    profile.cdi = {"nvidia.com/gpu=all"};
    profile.volumes = {{"/srv", "/mnt", true}};
    profile.environment = {{"LANG", "C.UTF-8"}};
    profile.log_in_again = true;
    profile.late_cards = LateCards::ignore;
    profile.may_run = {"browser", "*"};
    profile.probe = {"gdbus", "call"};
    profile.timeouts = ProfileTimeouts{1, 2, 3, 4};
    return profile;
}

AppProfile filled_app() {
    AppProfile app;
    app.name = "browser";
    app.description = "A web browser";
    app.image = "localhost/browser:1";
    app.command = {"firefox", ""};
    app.grants = {{GrantKind::display, ""}, {GrantKind::usb, "046d:c52b"}};
    app.optional = {{GrantKind::usb, "046d:c52b"}};
    app.may_ask = {{GrantKind::session_bus, "org.a.B,org.c.*"}};
    app.seat = "seat-9";
    app.user = "1001:1002";
    app.working_directory = "/home/ada";
    app.environment = {{"LANG", "C.UTF-8"}};
    app.volumes = {{"/srv", "/mnt", true}};
    app.links = {{"/tmp/pulse", "/run/berth/pulse"}};
    app.network = "bridge";
    app.capabilities = {"CAP_NET_ADMIN"};
    app.cdi = {"nvidia.com/gpu=all"};
    app.limits = AppLimits{1, 2, 3};
    app.menu = AppMenu{"Firefox", "firefox", {"Network"}, {"text/html"}};
    app.keep = true;
    app.stop_s = 4;
    return app;
}

DoorItem filled_door_item() {
    std::string bytes;
    for (int byte = 0; byte < 256; ++byte) {
        bytes += static_cast<char>(byte);
    }
    return {"xauthority", DoorItem::Kind::file, "/run/berth", "clients/3", bytes, true};
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
    filled.docks = {filled_dock()};
    filled.made_with = {"/dev/dri/renderD128"};
    filled.asked = DockQuestion{"usb:1:2", true};
    filled.question = 4;
    filled.declined = {{"usb:1:3", true}};
    filled.greeted = {filled_dock()};
    filled.lent = {"/dev/dri/renderD129"};
    filled.displays = {{"edid:DEL:a0b1:7", "DELL U2720Q on HDMI-A-1"}};
    filled.seated_with = Equipment{{{filled_dock()}}, {{"/dev/dri/card0"}}};
    filled.reseat_at = 21;
    return filled;
}

Client filled_client() {
    Client filled;
    filled.id = client;
    filled.seat = seat;
    filled.state = ClientState::ending;
    filled.since = 11;
    filled.step = Step::flush;
    filled.serial = StepSerial{12};
    filled.job = JobId{13};
    filled.work = JobId{14};
    filled.plan = ClientPlan{filled_app(), {"firefox"}, true, true, CallToken{5}, "sound", "db", true};
    filled.grants = {{GrantKind::display, ""}};
    filled.ends = {{"display", LeaseEnd{17, ":1.42", true}}};
    filled.pending = {{GrantKind::gpu, ""}};
    filled.asks = CallToken{6};
    filled.queue = {CallToken{7}};
    filled.door = client_door;
    filled.container = "c0ffee";
    filled.devices = {"/dev/kvm"};
    filled.device_rules = {"c 226:128 rw"};
    filled.mounts = {{"/run/berth", 5, 1}};
    filled.init_pid = 14;
    filled.may_run = filled.has_run = filled.was_kept = filled.paused = filled.streams_open = true;
    filled.refresh = filled.now = filled.leave_after_step = true;
    filled.stop_ms = 15;
    filled.exit_code = 16;
    filled.failure = failure;
    return filled;
}

World filled_world() {
    World world;
    world.host = HostFacts{true, true, true, {{"video", 44}}};
    world.seats.emplace(seat, filled_seat());
    world.clients.emplace(client, filled_client());
    world.jobs.emplace(JobId{13}, Job{JobId{13}, JobKind::snapshot, JobState::failed, seat, client, "commit", 0.5,
                                      "Saving", "Failed: no", ":1.9", 7});
    std::uint64_t token = 20;
    for (const Request& request : every_request()) {
        world.calls.emplace(CallToken{++token}, PendingCall{caller, request});
    }
    world.hardware = filled_hardware();
    world.hardware_known = true;
    world.dock_profiles = {filled_dock_profile()};
    world.last_job = 19;
    world.last_client = 21;
    world.client_serial = StepSerial{22};
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
            CancelRequest{JobId{3}},
            RunRequest{"browser",
                       true,
                       {"firefox"},
                       "b",
                       true,
                       "seat-9",
                       {{GrantKind::gpu, ""}},
                       {{"A", "b"}},
                       "1000",
                       "bridge",
                       "/home",
                       {{"/srv", "/mnt", true}},
                       true,
                       true,
                       true},
            StopRequest{client, 5},
            FreezeClientRequest{client, false},
            SnapshotClientRequest{client, "saved:1"},
            GrantRequest{client, {{GrantKind::gpu, ""}}, 9, true},
            RevokeRequest{client, {{GrantKind::usb, "046d:c52b"}}},
            ExecRequest{client, {"ls"}, {{"A", "b"}}, "root", "/", true},
            LogsRequest{client, true, 5},
            SignalRequest{client, 9},
            ResizeRequest{JobId{3}, 5, 6},
            OpenRequest{client, SelfOpen::ipc_namespace},
            AttachRequest{"db", {{GrantKind::gpu, ""}}, "d", "seat-9"}};
}

std::vector<StepFacts> every_fact() {
    return {std::monostate{},
            ContainerCreated{"c0ffee", {"/dev/kvm"}, {"c 1:3 rw"}},
            InitStarted{77},
            VtClaim{8, 2, 1},
            DoorPaths{"/a", "/b", "/c", "d"},
            RestoreReport{true, {"found"}, {"done"}, {"remaining"}, 5},
            SeatLease{"c2", 8, 1234},
            client_door,
            ExitFacts{3},
            ContainerFound{"c0ffee", "debian:12", 77, true},
            ContainerJoined{77, {{"/run/berth", 5, 2}}}};
}

std::vector<Event> every_event() {
    std::vector<Event> events{
        {1, Configured{{seat}, HostFacts{true, true, true, {{"input", 105}}}, 41}},
        {2, LeftoversFound{{Leftover{"seat-9", "dead", 5, VtClaim{7, 1, 2}, true}},
                           {filled_seat()},
                           {Leftover{"browser-1", "beef", 6, VtClaim{1, 1, 1}, true}},
                           {filled_client()},
                           {ClientId{"left-1"}}}},
        {3, Authorized{CallToken{4}, true, "an admin"}},
        {4, ProfileRead{CallToken{4}, filled_profile(), "not at all"}},
        {5, ProfileRead{CallToken{4}, std::nullopt, "gnome.json:3: broken"}},
        {6, InitExited{seat, 77}},
        {6, PausedChanged{seat, 77, true}},
        {6, LeaseLost{seat, "logind was restarted"}},
        {7, SessionReady{seat, {{"display", ":0"}}}},
        {8, TimerFired{seat, StepSerial{9}}},
        {9, DevicesChanged{seat, {"/dev/snd/pcm0"}}},
        {9, HardwareChanged{filled_hardware()}},
        {9, DocksRead{{filled_dock_profile()}}},
        {9, DesktopAnswered{seat, 4, true, "because"}},
        {9, SeatAppeared{seat}},
        {9, SeatGone{seat}},
        {10, ShutdownRequested{true}},
        {10, AppRead{CallToken{4}, filled_app(), "not at all", "sound", true}},
        {10, ClientStepFinished{client, StepSerial{6}, Step::create, ContainerCreated{"c"}, failure}},
        {10, ClientExited{client, 77}},
        {10, ClientPausedChanged{client, 77, true}},
        {10, StreamsEnded{client}},
        {10, ClientTimerFired{client, StepSerial{9}}},
        {10, ExecEnded{JobId{3}, 5, failure}},
        {10, OpenEnded{CallToken{4}, failure}},
        {10, CallerGone{":1.42"}},
        {10, LeaseTimerFired{client, 18}},
        {10, SocketsRenewed{seat}},
        {10, Called{CallToken{5}, Caller{":1.4", 7, client}, GrantRequest{client, {}}}},
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
    const Job job{JobId{2}, JobKind::reseat, JobState::cancelling, seat,   client, "stop",
                  0.25,     "Stopping",      "Cancelled: yes",     ":1.3", 4};
    return {Reply{CallToken{1}, {}},
            Reply{CallToken{2}, JobId{3}},
            Reply{CallToken{3}, Refused{Refusal::seat_taken, "It has one already"}},
            Reply{CallToken{4}, failure},
            Reply{CallToken{5}, std::map<std::string, std::string>{{"DISPLAY", ":0"}}},
            Reply{CallToken{6}, client},
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
            PublishHardware{},
            PublishDock{seat, true, filled_dock()},
            ReadDocks{},
            ShareSound{seat},
            AskDesktop{seat, 4, {"zenity"}, {{"BERTH_DOCK", "usb:1:2"}}, 7},
            ShareRender{seat, {"/dev/dri/renderD129"}, {"/dev/dri/renderD130"}},
            PublishJob{job},
            PrintOnTty{seat, 1, "berth: held"},
            Exit{},
            ReadApp{CallToken{1}, "browser", true, true},
            RunClientStep{client, StepSerial{6}, Step::commit, "saved:1"},
            ArmClientTimer{client, StepSerial{7}, 1500},
            ClearClientTimer{client},
            WatchClient{client, 88},
            PublishClient{client, "Its command runs"},
            WithdrawClient{client},
            RunExec{JobId{3}, CallToken{4}, ExecRequest{client, {"ls"}, {}, "root", "/", true}},
            RunLogs{JobId{3}, CallToken{4}, LogsRequest{client, true, 6}},
            SignalClient{client, 9},
            ResizeTerminal{JobId{3}, client, 5, 6},
            DropStreams{CallToken{8}},
            UndoJoin{77, {{"/run/berth", 5, 1}}},
            EndStreams{client},
            RecordGrant{client, "gpu", "given", "itself", "because"},
            OpenForClient{CallToken{1}, client, SelfOpen::sound},
            ArmLeaseTimer{client, 19},
            ClearLeaseTimer{client},
            WatchCaller{":1.42"},
            WatchSockets{seat, false}};
}

} // namespace berth::test
