#include "linux/udev_devices.hpp"

#include "base/log.hpp"
#include "linux/hardware.hpp"
#include "linux/udev_looks.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace berth::os {
namespace {

constexpr int receive_buffer = 8 * 1024 * 1024;
constexpr int most_messages_a_turn = 1'000; ///< the loop has others to serve in a storm

using Nodes = std::map<model::SeatName, std::vector<std::string>>;

bool is_render_node(udev_device* device) {
    return view(udev_device_get_subsystem(device)) == "drm" &&
           view(udev_device_get_sysname(device)).starts_with("renderD");
}

bool is_wanted(udev_device* device) {
    const std::string_view kind = view(udev_device_get_subsystem(device));
    const std::string_view name = view(udev_device_get_sysname(device));
    return kind == "sound" || (kind == "drm" && name.starts_with("card")) ||
           (kind == "input" && name.starts_with("event"));
}

/// Where the GPU is that a card or a render node belongs to.
std::string gpu_of(udev_device* device) {
    udev_device* const parent = udev_device_get_parent(device); // the child's own: not to be released
    return std::string{parent == nullptr ? std::string_view{} : view(udev_device_get_syspath(parent))};
}

/// Collects nodes by their seats. A render node has no seat in udev: it has that of the card of the same GPU.
class Sorter {
  public:
    void add(udev_device* device) {
        const std::string_view node = view(udev_device_get_devnode(device)); // none: a connector, say
        if (node.empty()) {
            return;
        }
        if (is_render_node(device)) {
            render_nodes_.emplace_back(gpu_of(device), node);
        } else if (is_wanted(device)) {
            const model::SeatName seat = seat_of(device);
            nodes_[seat].emplace_back(node);
            if (view(udev_device_get_subsystem(device)) == "drm") {
                seats_of_gpus_[gpu_of(device)] = seat;
            }
        }
    }

    Nodes take() && {
        for (auto& [gpu, node] : render_nodes_) {
            const auto seat = seats_of_gpus_.find(gpu);
            nodes_[seat == seats_of_gpus_.end() ? model::SeatName{"seat0"} : seat->second].push_back(std::move(node));
        }
        for (auto& [seat, list] : nodes_) {
            std::sort(list.begin(), list.end());
        }
        return std::move(nodes_);
    }

  private:
    Nodes nodes_;
    std::map<std::string, model::SeatName> seats_of_gpus_;
    std::vector<std::pair<std::string, std::string>> render_nodes_; ///< GPU and node
};

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

} // namespace

struct UdevDevices::Impl : std::enable_shared_from_this<UdevDevices::Impl> {
    Impl(boost::asio::io_context& io, std::vector<model::SeatName> names, Sink receiver, Settle times)
        : seats{std::move(names)}, sink{std::move(receiver)}, settle{times}, socket{io}, timer{io} {}

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

    /// Empties the socket. What the messages say does not matter, only that there were any.
    void receive() {
        for (int left = most_messages_a_turn; left > 0; --left) {
            errno = 0;
            const UdevHandle<udev_device> device{udev_monitor_receive_device(monitor.get())};
            if (device) {
                look_later();
                continue;
            }
            if (errno == ENOBUFS) {
                log::notice("udev events were lost: looking at all devices again");
                look_later();
                continue;
            }
            if (errno != EAGAIN && errno != EINTR && errno != 0) {
                log::warning(system_error("udev_monitor_receive_device", errno).message);
                look_later();
            }
            return;
        }
    }

    /// After a quiet time; a storm cannot put it off for ever.
    void look_later() {
        const auto now = std::chrono::steady_clock::now();
        first_event = first_event.value_or(now);
        timer.expires_at(std::min(now + settle.quiet, *first_event + settle.longest));
        timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            if (const auto alive = weak.lock(); alive && !error) {
                alive->first_event.reset();
                alive->look();
            }
        });
    }

    void look_soon() {
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

    void look() {
        ++scans;
        Sorter sorter;
        const auto by_seat = [&sorter](udev_device* device) { sorter.add(device); };
        Result<std::vector<model::Device>> devices{std::vector<model::Device>{}};
        if (hardware_sink) {
            devices = read_hardware(context.get(), by_seat);
        } else if (const auto looked = for_each_device(context.get(), {"drm", "input", "sound"}, by_seat); !looked) {
            devices = looked.error();
        }
        if (!devices) {
            log::error(devices.error().message);
            look_later();
            return;
        }
        tell_nodes(std::move(sorter).take());
        if (hardware_sink && (!known_hardware || *known_hardware != *devices)) {
            known_hardware = *devices;
            hardware_sink(std::move(*devices));
        }
    }

    void tell_nodes(Nodes found) {
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
    std::optional<std::chrono::steady_clock::time_point> first_event;
    Nodes known;
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
