#include "lib/berth_client.hpp"

#include "lib/client_state.hpp"
#include "lib/variant_json.hpp"

#include <system_error>

#include <array>
#include <cerrno>
#include <exception>
#include <poll.h>
#include <string_view>

namespace berth::client {

namespace {

constexpr std::string_view seat_interface = "org.berth.Berth1.Seat";
constexpr std::string_view job_interface = "org.berth.Berth1.Job";
constexpr std::string_view client_interface = "org.berth.Berth1.Client";
constexpr const char* objects_rule = "type='signal',sender='org.berth.Berth1',path_namespace='/org/berth/Berth1'";
constexpr const char* owner_rule = "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',"
                                   "interface='org.freedesktop.DBus',arg0='org.berth.Berth1'";

using Raw = std::map<compat::PropertyName, sdbus::Variant>;
using RawInterfaces = std::map<compat::InterfaceName, Raw>;

/// Our own interfaces' properties of one object.
Properties properties_of(const RawInterfaces& interfaces) {
    Properties result;
    for (const auto& [name, properties] : interfaces) {
        if (name.rfind("org.berth.", 0) == 0) {
            result.merge(json_of(properties));
        }
    }
    return result;
}

Signal signal_of(sdbus::Message& message) {
    Signal signal{.path = message.getPath(), .member = message.getMemberName(), .arguments = {}, .changed = {}};
    if (signal.member == "StateChanged") {
        signal.arguments.resize(3);
        message >> signal.arguments[0] >> signal.arguments[1] >> signal.arguments[2];
    } else if (signal.member == "DockChanged") {
        bool docked = false;
        std::string dock;
        message >> docked >> dock;
        signal.arguments = {docked ? "docked" : "undocked", dock};
    } else if (signal.member == "Finished") {
        signal.arguments.resize(2);
        message >> signal.arguments[0] >> signal.arguments[1];
    } else if (signal.member == "JobRemoved") {
        sdbus::ObjectPath job;
        std::string result;
        message >> job >> result;
        signal.arguments = {std::string{job}, result};
    } else if (signal.member == "PropertiesChanged") {
        std::string interface;
        std::map<std::string, sdbus::Variant> changed;
        message >> interface >> changed;
        signal.changed = json_of(Raw{changed.begin(), changed.end()});
    } else if (signal.member == "InterfacesAdded") {
        sdbus::ObjectPath path;
        std::map<std::string, std::map<std::string, sdbus::Variant>> interfaces;
        message >> path >> interfaces;
        signal.path = path;
        RawInterfaces named;
        for (const auto& [name, properties] : interfaces) {
            named.emplace(name, Raw{properties.begin(), properties.end()});
        }
        signal.changed = properties_of(named);
    } else if (signal.member == "InterfacesRemoved") {
        sdbus::ObjectPath path;
        message >> path;
        signal.path = path;
    }
    return signal;
}

std::unique_ptr<sdbus::IConnection> connect(const std::string& address) {
    try {
        return compat::open(address);
    } catch (const sdbus::Error& error) {
        throw CallFailed{"NoBus", "cannot reach " + (address.empty() ? "the system bus" : address) + " (" +
                                      error.getMessage() + "); --bus or BERTH_BUS names another"};
    }
}

/// Handles what has come in.
void process_all(sdbus::IConnection& connection) {
    try {
        while (compat::process(connection)) {
        }
    } catch (const sdbus::Error& error) {
        throw CallFailed{"NoBus", "the bus is gone (" + error.getMessage() + ")"};
    }
}

} // namespace

BerthClient::BerthClient(const std::string& address) : state_{std::make_unique<State>(connect(address))} {}

BerthClient::~BerthClient() = default;

std::optional<unsigned> BerthClient::process() {
    const std::string bus = "org.freedesktop.DBus";
    const auto proxy =
        sdbus::createProxy(*state_->connection, compat::ServiceName{bus}, sdbus::ObjectPath{"/org/freedesktop/DBus"});
    std::uint32_t pid = 0;
    try {
        proxy->callMethod("GetConnectionUnixProcessID")
            .onInterface(bus)
            .withArguments(std::string{service})
            .storeResultsTo(pid);
    } catch (const sdbus::Error& error) {
        if (error.getName() == "org.freedesktop.DBus.Error.NameHasNoOwner") {
            return std::nullopt;
        }
        throw call_failed(error);
    }
    return pid;
}

Overview BerthClient::overview() {
    return checked([&] {
        ManagerProxy manager{*state_->connection, [](const Answer&) {}};
        Overview result;
        result.version = manager.Version();
        result.engine = manager.Engine();
        for (const auto& [path, interfaces] : manager.GetManagedObjects()) {
            for (const auto& [name, properties] : interfaces) {
                if (name == seat_interface) {
                    result.seats[path] = json_of(properties);
                } else if (name == job_interface) {
                    result.jobs[path] = json_of(properties);
                } else if (name == client_interface) {
                    result.clients[path] = json_of(properties);
                }
            }
        }
        return result;
    });
}

std::vector<HostDevice> BerthClient::devices() {
    return checked([&] {
        std::vector<HostDevice> devices;
        for (const auto& device : ManagerProxy{*state_->connection, [](const Answer&) {}}.Devices()) {
            devices.push_back({device.get<0>(), device.get<1>(), device.get<2>(), device.get<3>(), device.get<4>()});
        }
        return devices;
    });
}

std::vector<KnownDock> BerthClient::known_docks() {
    return checked([&] {
        std::vector<KnownDock> docks;
        for (const auto& dock : ManagerProxy{*state_->connection, [](const Answer&) {}}.KnownDocks()) {
            docks.push_back({dock.get<0>(), dock.get<1>(), dock.get<2>(), dock.get<3>(), dock.get<4>()});
        }
        return docks;
    });
}

std::vector<EndedJob> BerthClient::ended_jobs() {
    return checked([&] {
        std::vector<EndedJob> jobs;
        for (const auto& job : ManagerProxy{*state_->connection, [](const Answer&) {}}.EndedJobs()) {
            jobs.push_back({job.get<0>(), job.get<1>(), job.get<2>(), job.get<3>(), job.get<4>(), job.get<5>(),
                            job.get<6>(), job.get<7>()});
        }
        return jobs;
    });
}

std::string BerthClient::seat(const std::string& name) {
    return checked([&] { return std::string{ManagerProxy{*state_->connection, [](const Answer&) {}}.GetSeat(name)}; });
}

void BerthClient::listen(std::function<void(const Signal&)> heard) {
    state_->heard = std::move(heard);
    State* state = state_.get();
    state->matches.push_back(compat::add_match(*state->connection, objects_rule, [state](sdbus::Message& message) {
        state->keep_failure([&] { state->heard(signal_of(message)); });
    }));
    state->matches.push_back(compat::add_match(*state->connection, owner_rule, [state](sdbus::Message& message) {
        state->keep_failure([&] {
            std::string name;
            std::string old_owner;
            std::string new_owner;
            message >> name >> old_owner >> new_owner;
            state->heard(Signal{
                .path = manager_path, .member = new_owner.empty() ? "Left" : "Came", .arguments = {}, .changed = {}});
        });
    }));
}

void BerthClient::up(const std::string& seat_path, const std::string& desktop, const UpOptions& options,
                     Answered answered) {
    std::map<std::string, sdbus::Variant> values;
    if (options.mode) {
        values.emplace("mode", sdbus::Variant{*options.mode});
    }
    if (options.image) {
        values.emplace("image", sdbus::Variant{*options.image});
    }
    checked([&] { return state_->seat(seat_path, std::move(answered)).Up(desktop, values); });
}

void BerthClient::down(const std::string& seat_path, bool now, Answered answered) {
    const std::map<std::string, sdbus::Variant> values{{"now", sdbus::Variant{now}}};
    checked([&] { return state_->seat(seat_path, std::move(answered)).Down(values); });
}

void BerthClient::reseat(const std::string& seat_path, const std::string& reason, Answered answered) {
    checked([&] { return state_->seat(seat_path, std::move(answered)).Reseat(reason); });
}

void BerthClient::freeze(const std::string& seat_path, Answered answered) {
    checked([&] { return state_->seat(seat_path, std::move(answered)).Freeze(); });
}

void BerthClient::thaw(const std::string& seat_path, Answered answered) {
    checked([&] { return state_->seat(seat_path, std::move(answered)).Thaw(); });
}

void BerthClient::restore_tty(const std::string& seat_path, Answered answered) {
    checked([&] { return state_->seat(seat_path, std::move(answered)).RestoreTty(); });
}

void BerthClient::restore_all(Answered answered) {
    checked([&] { return state_->manager(std::move(answered)).Restore(); });
}

void BerthClient::cancel(const std::string& job_path, Answered answered) {
    checked([&] { return state_->job(job_path, std::move(answered)).Cancel(); });
}

void BerthClient::run(const std::function<bool()>& done, int fd, const std::function<void()>& readable) {
    sdbus::IConnection& connection = *state_->connection;
    while (true) {
        process_all(connection);
        if (state_->failure) {
            std::rethrow_exception(std::exchange(state_->failure, nullptr));
        }
        if (done()) {
            return;
        }
        const auto data = checked([&] { return connection.getEventLoopPollData(); });
        std::array<pollfd, 3> waiting{pollfd{data.fd, data.events, 0}, pollfd{compat::wake_fd(data), POLLIN, 0},
                                      pollfd{fd, POLLIN, 0}};
        if (::poll(waiting.data(), waiting.size(), data.getPollTimeout()) < 0 && errno != EINTR) {
            throw std::system_error{errno, std::generic_category(), "poll"};
        }
        if ((waiting[2].revents & POLLIN) != 0 && readable) {
            readable();
        }
    }
}

} // namespace berth::client
