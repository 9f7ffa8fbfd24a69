#include "daemon.hpp"

#include "base/log.hpp"
#include "bus/bus_connection.hpp"
#include "bus/bus_server.hpp"
#include "bus/caller_watch.hpp"
#include "bus/client_self_server.hpp"
#include "bus/host_shutdown.hpp"
#include "bus/logind_seats.hpp"
#include "bus/polkit_authority.hpp"
#include "bus/seat_sessions.hpp"
#include "bus/self_server.hpp"
#include "bus/unit_devices.hpp"
#include "effects/cdi_specs.hpp"
#include "effects/runner.hpp"
#include "engine/factory.hpp"
#include "inputs/signals.hpp"
#include "linux/bus_filters.hpp"
#include "linux/cdi_files.hpp"
#include "linux/client_doors.hpp"
#include "linux/clock.hpp"
#include "linux/device_news.hpp"
#include "linux/device_rules.hpp"
#include "linux/directories.hpp"
#include "linux/dock_memory.hpp"
#include "linux/foreign_mounts.hpp"
#include "linux/freeze_watch.hpp"
#include "linux/host_facts.hpp"
#include "linux/job_memory.hpp"
#include "linux/lease_timers.hpp"
#include "linux/loopback_ports.hpp"
#include "linux/peer_process.hpp"
#include "linux/processes.hpp"
#include "linux/sd_notify.hpp"
#include "linux/seat_guards.hpp"
#include "linux/seat_opens.hpp"
#include "linux/seat_shares.hpp"
#include "linux/seat_states.hpp"
#include "linux/socket_watch.hpp"
#include "linux/stream_relays.hpp"
#include "linux/timers.hpp"
#include "linux/udev_devices.hpp"
#include "linux/vt.hpp"
#include "model/json.hpp"
#include "runtime/pump.hpp"
#include "store/flight_recorder.hpp"
#include "store/profile_reader.hpp"
#include "version.hpp"

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>

namespace berth {

namespace {

engine::EngineOptions engine_options(const DaemonOptions& options) {
    using Kind = engine::EngineOptions::Kind;
    engine::EngineOptions result;
    result.kind = options.engine == "podman"   ? Kind::podman
                  : options.engine == "docker" ? Kind::docker
                                               : Kind::automatic;
    result.socket = options.engine_socket;
    result.runtime_dir = options.runtime_dir;
    result.podman_arguments = options.podman_arguments;
    return result;
}

std::vector<std::string> config_dirs(const DaemonOptions& options) {
    return options.config_dirs.empty() ? std::vector<std::string>{vendor_dir, "/etc/berth", options.runtime_dir}
                                       : options.config_dirs;
}

/// berth-restore's folder has the other helpers, too.
std::string restore_helper(const DaemonOptions& options) {
    return options.restore_helper.empty() ? std::string{libexec_dir} + "/berth-restore" : options.restore_helper;
}

std::string helper(const DaemonOptions& options, const char* name) {
    return std::filesystem::path{restore_helper(options)}.replace_filename(name).string();
}

/// The unit knows one run-time folder; a berthd that has another starts its guards itself.
bool guards_are_units(const DaemonOptions& options) {
    return os::systemd_is_running() && options.runtime_dir == DaemonOptions{}.runtime_dir;
}

/// A berthd of another run-time folder, as tests have, leaves the host's alone.
std::string cdi_folder(const DaemonOptions& options) {
    return options.runtime_dir == DaemonOptions{}.runtime_dir ? "/var/run/cdi" : options.runtime_dir + "/cdi";
}

/// 0755: `berth` of every user looks there for the bus address; what is private below has modes of its own.
std::string made(const std::string& directory) {
    std::filesystem::create_directories(directory);
    return directory;
}

} // namespace

/// In the order of construction: what a part uses stands before it.
struct Daemon::Parts {
    explicit Parts(const DaemonOptions& from)
        : options{from}, recorder{made(from.runtime_dir) + "/flight.jsonl"},
          bus{io, from.bus, [this](const std::string& reason) { bus_lost(reason); }},
          engine{engine::make_engine(io, engine_options(from))},
          terminals{io, restore_helper(from), {.without_text = from.without_text_console}},
          guards{io, from.runtime_dir,
                 os::SeatGuards::starter(io, helper(from, "berth-guard"), from.runtime_dir, guards_are_units(from))},
          directories{from.runtime_dir, made(from.state_dir)}, states{from.runtime_dir + "/state"},
          docks{from.state_dir}, jobs{from.runtime_dir + "/state/jobs"}, profiles{config_dirs(from)},
          doors{from.runtime_dir}, shares{from.runtime_dir, from.udev_dir}, cdi_doors{from.runtime_dir + "/cdi-doors"},
          cdi_files{cdi_folder(from)}, relays{io, helper(from, "berth-relay")}, foreign{io, helper(from, "berth-exec")},
          device_news{io, {helper(from, "berth-udev"), from.udev_dir}},
          loopbacks{io, helper(from, "berth-loopback"), from.runtime_dir} {}

    void post(model::Happening what) { pump.post(std::move(what)); }

    void bus_lost(const std::string& reason);
    Result<void> check_profiles();
    [[nodiscard]] std::string status_text() const;
    void show_status();
    [[nodiscard]] std::vector<model::SeatName> seat_names() const;
    void configure();
    void end();
    void follow_logind();
    void become_ready();
    void identify_engine();
    void identify_late_engine();

    DaemonOptions options;
    boost::asio::io_context io{1};
    os::MonotonicClock clock;
    store::FlightRecorder recorder;
    runtime::Pump pump{io, clock, recorder, [this](const auto& effects, const auto& world) {
                           runner.run(effects, world);
                           cdi_specs.follow(world);
                           become_ready();
                           identify_late_engine();
                           show_status();
                       }};
    bus::BusConnection bus;
    std::unique_ptr<berth::engine::ContainerEngine> engine; // qualified: the member has the name of the room
    os::VirtualTerminals terminals;
    os::SeatGuards guards;
    os::Directories directories;
    os::Processes processes{io};
    os::Timers timers{io};
    os::SeatStates states;
    os::DockMemory docks;
    os::JobMemory jobs;
    os::FreezeWatch freezes{io};
    store::ProfileReader profiles;
    os::ClientDoors doors;
    os::SeatShares shares;
    os::ClientDoors cdi_doors;
    os::CdiFiles cdi_files;
    effects::CdiSpecs cdi_specs{{*engine, shares, cdi_doors, cdi_files}};
    os::StreamRelays relays;
    os::ForeignMounts foreign;
    os::DeviceNews device_news;
    os::BusFilters bus_filters{io};
    os::LoopbackPorts loopbacks;
    os::SeatOpens opens;
    os::LeaseTimers lease_timers{io};
    os::SocketWatch sockets{io};
    bus::CallerWatch callers{bus};
    const bus::PeerChecks peers{[](int socket) { return os::peer_process(socket); }, os::check_member};
    bus::ClientSelfServer client_sockets{io, version, [this](model::Happening what) { post(std::move(what)); }, peers};
    bus::UnitDevices unit_devices{bus};
    os::DeviceRules device_rules{io, &unit_devices};
    bus::SelfServer self_sockets{io, [this](model::Happening what) { post(std::move(what)); }, peers};
    bus::SeatSessions sessions{bus, seat_names(), [this](const model::SeatName& seat, const std::string& reason) {
                                   post(model::LeaseLost{seat, reason});
                               }};
    bus::PolkitAuthority authority{bus, [this] { show_status(); }};
    bus::BusServer server{
        bus, version, {[this](model::Happening what) { post(std::move(what)); }, [this] { return check_profiles(); }}};
    effects::Runner runner{{*engine,
                            terminals,
                            directories,
                            processes,
                            self_sockets,
                            sessions,
                            timers,
                            profiles,
                            authority,
                            server,
                            states,
                            freezes,
                            guards,
                            *engine,
                            doors,
                            device_rules,
                            shares,
                            client_sockets,
                            server.caller_streams(),
                            relays,
                            bus_filters,
                            loopbacks,
                            opens,
                            lease_timers,
                            callers,
                            sockets,
                            foreign,
                            device_news,
                            docks,
                            jobs},
                           {options.runtime_dir, version},
                           [this](model::Happening what) { post(std::move(what)); },
                           [this] { io.stop(); }};
    os::UdevDevices devices{io, seat_names(), [this](const model::SeatName& seat, std::vector<std::string> nodes) {
                                post(model::DevicesChanged{seat, std::move(nodes)});
                            }};
    std::optional<bus::LogindSeats> logind_seats;
    bus::HostShutdown host_shutdown{bus};
    inputs::Signals signals{io, {[this] { end(); }, [this] { check_profiles(); }}};
    os::ServiceNotifier manager{io};
    std::string engine_name;
    bool asking_engine{false};
    std::string shown_status;
    bool ready{false};
    int exit_code{0};
};

void Daemon::Parts::bus_lost(const std::string& reason) {
    log::error("the bus is gone: " + reason);
    exit_code = 1;
    io.stop();
}

/// Each mistake is logged; the first one is the answer. Profiles of desktops and apps are read anew for each call
/// anyway.
Result<void> Daemon::Parts::check_profiles() {
    Result<void> first;
    const auto check = [&first](const auto& profile) {
        if (!profile) {
            log::error(profile.error().message);
            first = first ? Result<void>{profile.error()} : first;
        }
    };
    for (const std::string& name : profiles.names()) {
        check(profiles.read(name));
    }
    for (const std::string& name : profiles.app_names()) {
        check(profiles.read_app(name));
    }
    model::DocksRead docks_read;
    for (const auto& dock : profiles.read_docks()) {
        check(dock);
        if (dock) {
            docks_read.profiles.push_back(*dock);
        }
    }
    post(std::move(docks_read)); // the docks that are here have what is said of them now
    if (first) {
        log::info("every profile of a desktop, an app and a dock is in order");
    }
    return first;
}

std::string Daemon::Parts::status_text() const {
    std::string status;
    for (const auto& [name, seat] : pump.world().seats) {
        status.append(name.value).append(" ").append(model::name_of(seat.state)).append("; ");
    }
    status.append(engine_name.empty() ? "no container engine answers" : engine_name);
    if (!authority.status().empty()) {
        status.append("; ").append(authority.status());
    }
    return status;
}

void Daemon::Parts::show_status() {
    const std::string status = status_text();
    if (status != shown_status) {
        shown_status = status;
        manager.status(status);
    }
}

void Daemon::Parts::identify_engine() {
    asking_engine = true;
    engine->probe([this](Result<ports::EngineFacts> facts) {
        asking_engine = false;
        if (!facts) {
            log::error(facts.error().message);
            return;
        }
        engine_name = facts->name + " " + facts->version;
        server.set_engine(engine_name);
        for (const std::string& sentence : facts->mended) {
            log::info("engine: " + sentence);
        }
        for (const std::string& sentence : facts->problems) {
            log::warning("engine: " + sentence);
        }
        show_status();
    });
}

/// One that did not answer when berthd started (a boot under load) is asked again when it brought a desktop up.
void Daemon::Parts::identify_late_engine() {
    const auto& seats = pump.world().seats;
    const bool works = std::any_of(seats.begin(), seats.end(),
                                   [](const auto& entry) { return entry.second.state == model::SeatState::seated; });
    if (works && engine_name.empty() && !asking_engine) {
        identify_engine();
    }
}

std::vector<model::SeatName> Daemon::Parts::seat_names() const {
    std::vector<model::SeatName> seats;
    for (const std::string& seat : options.seats) {
        seats.emplace_back(seat);
    }
    return seats;
}

void Daemon::Parts::configure() {
    model::HostFacts host = os::read_host_facts();
    host.logind = host.logind && options.bus.empty(); // they are on the system bus
    const bool logind = host.logind;
    post(model::Configured{seat_names(), std::move(host), jobs.last()});
    identify_engine();
    if (logind) {
        follow_logind();
    }
    server.docks_known(docks.known());
    server.jobs_ended(jobs.ended());
    devices.follow_hardware([this](std::vector<model::Device> all) { post(model::HardwareChanged{std::move(all)}); });
    if (const auto listening = devices.start(); !listening) {
        log::warning("devices will not be followed: " + listening.error().message);
    }
}

/// Desktops go down with the host; berthd alone may start anew, and takes them over then.
void Daemon::Parts::end() {
    host_shutdown.ask([this](bool goes_down) { post(model::ShutdownRequested{!goes_down}); });
}

void Daemon::Parts::follow_logind() {
    logind_seats.emplace(
        bus,
        [this](const model::SeatName& seat) {
            post(model::SeatAppeared{seat});
            devices.follow(seat);
        },
        [this](const model::SeatName& seat) { post(model::SeatGone{seat}); });
}

/// The name is taken when the engine has said what an earlier berthd left: until then no seat takes a call.
void Daemon::Parts::become_ready() {
    if (ready || pump.world().leftovers_asked_for) {
        return;
    }
    ready = true;
    if (const auto owned = server.own_name(); !owned) {
        log::error(owned.error().message);
        exit_code = 1;
        io.stop();
        return;
    }
    for (const model::Job& job : jobs.cut_off()) { // whoever waits for one has waited for the name
        server.job_changed(job);
    }
    manager.ready(status_text());
}

Daemon::Daemon(const DaemonOptions& options) : parts_{std::make_unique<Parts>(options)} {}

Daemon::~Daemon() = default;

int Daemon::run() {
    Parts& parts = *parts_;
    parts.configure();
    parts.io.run();
    parts.manager.stopping("what needs berthd is down");
    return parts.exit_code;
}

} // namespace berth
