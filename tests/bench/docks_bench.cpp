// What a change of the devices costs: from udevd's message to berthd's decision, and to libudev's message in a
// container. The test is udevd, in a network namespace of its own; sysfs is this machine's. As root.
//
//   docks_bench decide [ROUNDS] [FOLDER]   message of a disk of this machine to the decision, beside 60 other devices
//   and
//                                 with the profiles in FOLDER/docks, against the same message to a bare libudev monitor
//                                 that looks at the disk and what is below it, and against one that looks at all
//                                 devices; without the settle time, which is a rest, and no work
//   docks_bench relay [ROUNDS]    message here to message in the container, against one that passes on all that it
//   hears docks_bench storm [COUNT]     so many messages as fast as they can be sent: looks, time to the last, memory

#include "linux/hardware.hpp"
#include "linux/udev_devices.hpp"
#include "linux/udev_looks.hpp"
#include "policy/decide.hpp"
#include "store/profile_reader.hpp"
#include "udev/host_udevd.hpp"
#include "udev/made_messages.hpp"
#include "udev/network_listener.hpp"
#include "udev_relay/event_sender.hpp"
#include "udev_relay/host_events.hpp"
#include "udev_relay/relay.hpp"

#include <sys/mount.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sched.h>
#include <string_view>
#include <vector>

namespace {

using namespace berth;
using Clock = std::chrono::steady_clock;
using Samples = std::vector<double>; ///< milliseconds

const model::SeatName the_seat{"seat0"};

double ms_since(Clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double at(Samples& samples, double part) {
    std::ranges::sort(samples);
    return samples.empty() ? 0 : samples[static_cast<std::size_t>(part * static_cast<double>(samples.size() - 1))];
}

void report(const char* what, Samples& samples, Samples& baseline) {
    std::printf("%-46s p50 %7.3f ms  p99 %7.3f ms   against p50 %7.3f ms  p99 %7.3f ms   ratio %.2f\n", what,
                at(samples, 0.5), at(samples, 0.99), at(baseline, 0.5), at(baseline, 0.99),
                at(samples, 0.5) / std::max(at(baseline, 0.5), 1e-6));
}

void fail(const char* what) {
    std::perror(what);
    std::exit(1);
}

/// libudev takes the absence of /run/udev/control for a udevd that does not run.
void become_a_host() {
    if (::unshare(CLONE_NEWNET | CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", "/run", "tmpfs", 0, nullptr) != 0 || ::mkdir("/run/udev", 0755) != 0 ||
        !UniqueFd{::open("/run/udev/control", O_CREAT | O_WRONLY | O_CLOEXEC, 0600)}) {
        fail("a network and a /run of its own (root?)");
    }
}

std::string a_message() {
    return udev_events::made_message("change", "input", "/devices/bench/event0");
}

/// A disk of this machine's: "/devices/…".
std::string a_disk() {
    const UdevHandle<udev> context{udev_new()};
    const auto devices = os::read_hardware(context.get());
    for (const model::Device& device : devices ? *devices : std::vector<model::Device>{}) {
        if (device.kind == model::DeviceKind::storage) {
            return device.path;
        }
    }
    std::fputs("this machine has no disk to speak of\n", stderr);
    std::exit(1);
}

/// What udevd says of it.
std::string message_of(const std::string& disk) {
    udev_events::Device device = udev_events::made_device("block", disk);
    device.properties.emplace_back("DEVTYPE", "disk");
    return udev_events::write_message("change", device);
}

/// Runs the loop until it is so.
void run_until(boost::asio::io_context& io, const std::function<bool()>& holds) {
    io.restart();
    while (!holds()) {
        io.run_one();
    }
}

/// What a PC with a dock has.
std::vector<model::Device> a_pcs_devices() {
    std::vector<model::Device> devices;
    for (int i = 0; i < 60; ++i) {
        const std::string number = std::to_string(i);
        devices.push_back({.path = "/devices/pci0/" + number + "/input/event" + number,
                           .kind = model::DeviceKind::keyboard,
                           .seat = the_seat,
                           .node = "/dev/input/event" + number,
                           .name = "Keyboard " + number});
    }
    devices.push_back({.path = "/devices/usb1/1-2", .kind = model::DeviceKind::hub, .seat = the_seat, .id = "usb:1:2"});
    return devices;
}

/// berthd's part: the message, the look at what changed, the docks' profiles, and what the policy makes of another
/// list.
class Decisions {
  public:
    Decisions(boost::asio::io_context& io, const std::string& folder)
        : io_{io}, devices_{io, {the_seat}, [](const auto&, const auto&) {}, os::UdevDevices::Settle{{}, {}, never}},
          profiles_{{folder}} {
        devices_.follow_hardware([](const auto&) {});
        if (!devices_.start()) {
            fail("listen");
        }
        run_until(io_, [&] { return devices_.scans() > 0; });
        decide(model::Configured{{the_seat}, {}});
    }

    double one(const std::string& message) {
        std::vector<model::Device> devices = a_pcs_devices();
        plugged_ = !plugged_;
        if (plugged_) {
            devices.push_back(
                {.path = "/devices/usb1/1-2/net/eth1", .kind = model::DeviceKind::network, .seat = the_seat});
        }
        const std::uint64_t before = devices_.scans();
        const auto begin = Clock::now();
        udev_relay::udevd_says(message);
        run_until(io_, [&] { return devices_.scans() > before; });
        decide(model::HardwareChanged{std::move(devices)});
        model::DocksRead docks;
        for (auto& profile : profiles_.read_docks()) {
            if (profile) {
                docks.profiles.push_back(std::move(*profile));
            }
        }
        decide(std::move(docks));
        return ms_since(begin);
    }

  private:
    static constexpr std::chrono::hours never{1};

    void decide(model::Happening what) { world_ = policy::decide(std::move(world_), {1, std::move(what)}).world; }

    boost::asio::io_context& io_;
    os::UdevDevices devices_;
    store::ProfileReader profiles_;
    model::World world_;
    bool plugged_{false};
};

/// A monitor of libudev's, and one look at devices.
class BareMonitor {
  public:
    BareMonitor() : context_{udev_new()}, monitor_{udev_monitor_new_from_netlink(context_.get(), "udev")} {
        if (!monitor_ || udev_monitor_enable_receiving(monitor_.get()) < 0) {
            fail("a bare monitor");
        }
    }

    double one(const std::string& message, bool all) {
        const auto begin = Clock::now();
        udev_relay::udevd_says(message);
        pollfd asked{udev_monitor_get_fd(monitor_.get()), POLLIN, 0};
        ::poll(&asked, 1, -1);
        const UdevHandle<udev_device> heard{udev_monitor_receive_device(monitor_.get())};
        std::size_t nodes = 0;
        const auto looked = os::for_each_device(
            context_.get(),
            std::array{"usb", "thunderbolt", "platform", "input", "sound", "video4linux", "net", "block", "drm"},
            [&](udev_device* device) { nodes += udev_device_get_devnode(device) == nullptr ? 0U : 1U; },
            {.below = all ? nullptr : heard.get()});
        if (!heard || !looked || nodes == 0) {
            fail("hear the message");
        }
        return ms_since(begin);
    }

  private:
    UdevHandle<udev> context_;
    UdevHandle<udev_monitor> monitor_;
};

void measure_decisions(int rounds, const std::string& folder) {
    boost::asio::io_context io;
    const std::string message = message_of(a_disk());
    Samples ours;
    Samples of_one;
    Samples of_all;
    for (int round = 0; round < rounds; ++round) { // one listens at a time: a message is for all who do
        of_one.push_back(BareMonitor{}.one(message, false));
        of_all.push_back(BareMonitor{}.one(message, true));
    }
    Decisions decisions{io, folder};
    for (int round = 0; round < rounds; ++round) {
        ours.push_back(decisions.one(message));
    }
    report("udevd's message to the decision, bare look", ours, of_one);
    report("the same, bare look at all devices", ours, of_all);
}

/// Milliseconds until the container's libudev has heard what udevd says.
double heard_after(boost::asio::io_context& io, udev_relay::NetworkListener& container) {
    const std::size_t before = container.heard.size();
    const auto begin = Clock::now();
    udev_relay::udevd_says(a_message());
    run_until(io, [&] { return container.heard.size() > before; });
    return ms_since(begin);
}

void measure_relay(int rounds) {
    boost::asio::io_context io;
    udev_relay::NetworkListener container{io, udev_relay::NetworkListener::Network::own};
    const UniqueFd connection = container.connect();
    Samples ours;
    Samples theirs;
    for (int round = 0; round < rounds; ++round) {
        {
            udev_relay::Relay relay{io, the_seat.value};
            relay.attach(connection.get());
            ours.push_back(heard_after(io, container));
        }
        auto sender = udev_relay::EventSender::to_network_of(container.process().get());
        if (!sender || !*sender) {
            fail("enter the container's network");
        }
        const udev_relay::HostEvents all{
            io, {[&](std::string_view message) { static_cast<void>((*sender)->send(message)); }, [] {}}};
        theirs.push_back(heard_after(io, container));
    }
    report("udevd's message to libudev's in the container", ours, theirs);
}

long resident_kib() {
    std::ifstream status{"/proc/self/status"};
    long kib = 0;
    for (std::string word; status >> word;) {
        if (word == "VmRSS:") {
            status >> kib;
        }
    }
    return kib;
}

void measure_storm(int count) {
    boost::asio::io_context io;
    os::UdevDevices::Settle settle;
    settle.full_after = std::chrono::hours{1}; // what is looked at once more in any case is not the storm's
    os::UdevDevices devices{io, {the_seat}, [](const auto&, const auto&) {}, settle};
    devices.follow_hardware([](const auto&) {});
    if (!devices.start()) {
        fail("listen");
    }
    run_until(io, [&] { return devices.scans() > 0; });
    const long before_kib = resident_kib();
    const std::uint64_t before = devices.scans();
    const auto begin = Clock::now();
    const pid_t storm = ::fork();
    if (storm == 0) {
        const UniqueFd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT)};
        const sockaddr_nl address = udev_relay::address_of(udev_relay::udev_group);
        const std::string text = a_message();
        for (int sent = 0; sent < count; ++sent) {
            ::sendto(socket.get(), text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&address),
                     sizeof address);
        }
        ::_exit(0);
    }
    std::optional<Clock::time_point> end;
    Clock::time_point last = begin;
    std::uint64_t seen = before;
    while (!end || ms_since(*end) < 3'000) { // whoever looks again after three seconds of quiet would be a bug
        io.restart();
        io.run_for(std::chrono::milliseconds{5});
        if (devices.scans() != seen) {
            seen = devices.scans();
            last = Clock::now();
        }
        if (!end && ::waitpid(storm, nullptr, WNOHANG) == storm) {
            end = Clock::now();
        }
    }
    std::printf("%d messages in %.0f ms: %lu looks, the last %.0f ms after the end, RSS %+ld KiB\n", count,
                std::chrono::duration<double, std::milli>(*end - begin).count(),
                static_cast<unsigned long>(seen - before),
                std::chrono::duration<double, std::milli>(last - *end).count(), resident_kib() - before_kib);
}

} // namespace

int main(int argc, char** argv) {
    const std::string_view verb = argc > 1 ? argv[1] : "";
    const int number = argc > 2 ? std::atoi(argv[2]) : 0;
    if (verb == "decide" || verb == "relay" || verb == "storm") {
        become_a_host();
    }
    if (verb == "decide") {
        measure_decisions(number > 0 ? number : 500, argc > 3 ? argv[3] : "/nowhere");
    } else if (verb == "relay") {
        measure_relay(number > 0 ? number : 500);
    } else if (verb == "storm") {
        measure_storm(number > 0 ? number : 400'000);
    } else {
        std::fputs("usage: docks_bench decide [ROUNDS] [FOLDER] | relay [ROUNDS] | storm [COUNT]\n", stderr);
        return 2;
    }
    return 0;
}
