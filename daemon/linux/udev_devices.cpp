#include "linux/udev_devices.hpp"

#include "base/log.hpp"
#include "linux/device_table.hpp"
#include "udev_handles/udev_handles.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace berth::os {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int receive_buffer = 8 * 1024 * 1024;
constexpr int most_messages_a_turn = 1'000; ///< the loop has others to serve in a storm

/// After more changes than these at once a look at all devices is the cheaper one.
constexpr std::size_t most_changes = 64;

/// Whether the device stays where it is, so that a look there finds what has become of it. One that is moved ("move")
/// leaves another place behind.
bool stays_in_place(udev_device* device) {
    const std::string_view action = view(udev_device_get_action(device));
    return action != "move" && !action.empty();
}

/// What else read_hardware() looks at. Of network interfaces the monitor is not told: containers make and end them all
/// day. That of a USB device is there when the device's driver has been bound ("bind", of subsystem usb).
void listen_for_hardware(udev_monitor* monitor) {
    constexpr std::array<std::pair<const char*, const char*>, 5> kinds{{
        {"usb", nullptr},
        {"thunderbolt", nullptr},
        {"video4linux", nullptr},
        {"block", "disk"}, // a disk comes seconds after its driver
        {"platform", nullptr},
    }};
    for (const auto& [subsystem, devtype] : kinds) {
        udev_monitor_filter_add_match_subsystem_devtype(monitor, subsystem, devtype);
    }
}

/// A card or an output that goes, or a card that says that something was plugged in or pulled.
bool may_leave_a_screen_dark(udev_device* device) {
    const std::string_view action = view(udev_device_get_action(device));
    return view(udev_device_get_subsystem(device)) == "drm" && (action == "remove" || action == "change");
}

} // namespace

struct UdevDevices::Impl : std::enable_shared_from_this<UdevDevices::Impl> {
    Impl(boost::asio::io_context& io, std::vector<model::SeatName> names, Sink receiver, Settle times)
        : seats{std::move(names)}, sink{std::move(receiver)}, settle{times}, socket{io}, timer{io}, full_look{io} {}

    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    ~Impl() {
        if (socket.is_open()) {
            socket.release(); // the descriptor is the monitor's
        }
    }

    void listen() {
        socket.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [weak = weak_from_this()](const boost::system::error_code& error) {
                              if (const auto alive = weak.lock(); alive && !error) {
                                  alive->receive();
                                  alive->listen();
                              }
                          });
    }

    /// Empties the socket. Of what the messages say only the device's path matters.
    void receive() {
        for (int left = most_messages_a_turn; left > 0; --left) {
            errno = 0;
            const UdevHandle<udev_device> device{udev_monitor_receive_device(monitor.get())};
            if (device) {
                note_change(device.get());
                continue;
            }
            if (errno == ENOBUFS) {
                log::notice("udev events were lost: looking at all devices again");
                look_at_all_later();
                continue;
            }
            if (errno != EAGAIN && errno != EINTR && errno != 0) {
                log::warning(system_error("udev_monitor_receive_device", errno).message);
                look_at_all_later();
            }
            return;
        }
    }

    void note_change(udev_device* device) {
        if (stays_in_place(device) && changed.size() < most_changes) {
            changed.emplace(view(udev_device_get_syspath(device)));
            may_leave_a_screen_dark(device) ? look_after({}) : look_later();
        } else {
            look_at_all_later();
        }
    }

    void look_at_all_later() {
        looks_at_all = true;
        look_later();
    }

    void look_later() { look_after(rest()); }

    /// How long it is to be quiet after the event that has come now.
    Clock::duration rest() {
        const Clock::time_point now = Clock::now();
        const Clock::duration pause = last_event ? now - *last_event : Clock::duration::max();
        last_event = now;
        longest_pause = pause > settle.longest ? Clock::duration{} : std::max(longest_pause, pause);
        const Clock::duration least = std::min(settle.least, settle.quiet);
        return std::clamp<Clock::duration>(2 * longest_pause, least, settle.quiet);
    }

    /// A storm cannot put it off for ever.
    void look_after(Clock::duration quiet) {
        const Clock::time_point now = Clock::now();
        first_event = first_event.value_or(now);
        timer.expires_at(std::min(now + quiet, *first_event + settle.longest));
        timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            if (const auto alive = weak.lock(); alive && !error) {
                alive->first_event.reset();
                alive->look();
            }
        });
    }

    void look_soon() {
        looks_at_all = true;
        if (std::exchange(looks_soon, true)) {
            return;
        }
        boost::asio::post(socket.get_executor(), [weak = weak_from_this()] {
            if (const auto alive = weak.lock()) {
                alive->looks_soon = false;
                alive->look();
            }
        });
    }

    /// What was said of a device is not all that its change can mean to others: all are looked at once it is quiet.
    void look_at_all_when_quiet() {
        full_look.expires_after(settle.full_after);
        full_look.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            if (const auto alive = weak.lock(); alive && !error) {
                alive->looks_at_all = true;
                alive->look();
            }
        });
    }

    void look() {
        ++scans;
        const bool all = std::exchange(looks_at_all, false);
        const std::set<std::string> paths = std::exchange(changed, {});
        if (const auto read = all ? table->read_all() : read_changes(paths); !read) {
            log::error(read.error().message);
            look_at_all_later();
            return;
        }
        if (all) {
            full_look.cancel();
        } else {
            look_at_all_when_quiet();
        }
        tell_nodes(table->nodes());
        tell_hardware();
    }

    Result<void> read_changes(const std::set<std::string>& paths) {
        const std::string* above = nullptr;
        for (const std::string& path : paths) { // sorted: what is below one comes after it
            if (above != nullptr && path.starts_with(*above + "/")) {
                continue;
            }
            above = &path;
            if (auto read = table->read_below(path); !read) {
                return read;
            }
        }
        return {};
    }

    void tell_hardware() {
        if (!hardware_sink) {
            return;
        }
        std::vector<model::Device> devices = table->hardware();
        if (!known_hardware || *known_hardware != devices) {
            known_hardware = devices;
            hardware_sink(std::move(devices));
        }
    }

    void tell_nodes(SeatNodes found) {
        for (const model::SeatName& seat : seats) {
            std::vector<std::string> nodes = std::move(found[seat]);
            const auto told = known.find(seat);
            if (told == known.end() || told->second != nodes) {
                known[seat] = nodes;
                sink(seat, std::move(nodes));
            }
        }
    }

    std::vector<model::SeatName> seats;
    Sink sink;
    Settle settle;
    UdevHandle<udev> context;
    UdevHandle<udev_monitor> monitor; // goes before the context, and after the socket has let go of its descriptor
    boost::asio::posix::stream_descriptor socket;
    boost::asio::steady_timer timer;
    boost::asio::steady_timer full_look;
    std::optional<Clock::time_point> first_event; ///< since the last look
    std::optional<Clock::time_point> last_event;
    Clock::duration longest_pause{}; ///< between events that came in a row
    std::optional<DeviceTable> table;
    std::set<std::string> changed; ///< paths in sysfs
    bool looks_at_all{false};      ///< at the next look
    SeatNodes known;
    HardwareSink hardware_sink;
    std::optional<std::vector<model::Device>> known_hardware;
    std::uint64_t scans{0};
    bool looks_soon{false};
};

UdevDevices::UdevDevices(boost::asio::io_context& io, std::vector<model::SeatName> seats, Sink sink)
    : UdevDevices{io, std::move(seats), std::move(sink), Settle{}} {}

UdevDevices::UdevDevices(boost::asio::io_context& io, std::vector<model::SeatName> seats, Sink sink, Settle settle)
    : impl_{std::make_shared<Impl>(io, std::move(seats), std::move(sink), settle)} {}

UdevDevices::~UdevDevices() = default;

void UdevDevices::follow_hardware(HardwareSink sink) {
    impl_->hardware_sink = std::move(sink);
}

void UdevDevices::follow(const model::SeatName& seat) {
    if (std::find(impl_->seats.begin(), impl_->seats.end(), seat) == impl_->seats.end()) {
        impl_->seats.push_back(seat);
    }
    impl_->known.erase(seat);
    if (impl_->monitor) {
        impl_->look_soon();
    }
}

Result<void> UdevDevices::start() {
    impl_->context.reset(udev_new());
    if (!impl_->context) {
        return system_error("udev_new", errno);
    }
    impl_->monitor.reset(udev_monitor_new_from_netlink(impl_->context.get(), "udev"));
    impl_->table.emplace(impl_->context.get(),
                         impl_->hardware_sink ? DeviceTable::Scope::hardware : DeviceTable::Scope::nodes);
    udev_monitor* monitor = impl_->monitor.get();
    if (monitor == nullptr) {
        return system_error("udev_monitor_new_from_netlink", errno);
    }
    for (const char* subsystem : {"drm", "input", "sound"}) {
        udev_monitor_filter_add_match_subsystem_devtype(monitor, subsystem, nullptr);
    }
    if (impl_->hardware_sink) {
        listen_for_hardware(monitor);
    }
    if (udev_monitor_set_receive_buffer_size(monitor, receive_buffer) < 0) {
        log::notice("udev's socket keeps its small buffer (CAP_NET_ADMIN is missing): overruns are more likely");
    }
    if (const int error = udev_monitor_enable_receiving(monitor); error < 0) {
        return system_error("udev_monitor_enable_receiving", -error);
    }
    impl_->socket.assign(udev_monitor_get_fd(monitor));
    impl_->listen();
    impl_->look_soon();
    return {};
}

std::uint64_t UdevDevices::scans() const noexcept {
    return impl_->scans;
}

} // namespace berth::os
