#include "linux/udev_devices.hpp"

#include "base/log.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <libudev.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace berth::os {
namespace {

constexpr int receive_buffer = 8 * 1024 * 1024;
constexpr int most_messages_a_turn = 1'000; ///< the loop has others to serve in a storm

struct Unref {
    void operator()(udev* handle) const noexcept { udev_unref(handle); }

    void operator()(udev_monitor* handle) const noexcept { udev_monitor_unref(handle); }

    void operator()(udev_enumerate* handle) const noexcept { udev_enumerate_unref(handle); }

    void operator()(udev_device* handle) const noexcept { udev_device_unref(handle); }
};

template <class T>
using Handle = std::unique_ptr<T, Unref>;

using Nodes = std::map<model::SeatName, std::vector<std::string>>;

bool is_wanted(udev_device* device) {
    const char* subsystem = udev_device_get_subsystem(device);
    const char* name = udev_device_get_sysname(device);
    if (subsystem == nullptr || name == nullptr) {
        return false;
    }
    const std::string_view kind{subsystem};
    return kind == "sound" || (kind == "drm" && std::string_view{name}.starts_with("card")) ||
           (kind == "input" && std::string_view{name}.starts_with("event"));
}

/// Every wanted node by its seat.
Result<Nodes> scan(udev* context) {
    const Handle<udev_enumerate> list{udev_enumerate_new(context)};
    if (!list) {
        return system_error("udev_enumerate_new", errno);
    }
    for (const char* subsystem : {"drm", "input", "sound"}) {
        udev_enumerate_add_match_subsystem(list.get(), subsystem);
    }
    if (const int error = udev_enumerate_scan_devices(list.get()); error < 0) {
        return system_error("udev_enumerate_scan_devices", -error);
    }
    Nodes nodes;
    udev_list_entry* entry = nullptr;
    udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(list.get())) {
        const Handle<udev_device> device{udev_device_new_from_syspath(context, udev_list_entry_get_name(entry))};
        const char* node = device ? udev_device_get_devnode(device.get()) : nullptr; // gone meanwhile, or no node
        if (node == nullptr || !is_wanted(device.get())) {
            continue;
        }
        const char* seat = udev_device_get_property_value(device.get(), "ID_SEAT");
        nodes[model::SeatName{seat != nullptr && *seat != '\0' ? seat : "seat0"}].emplace_back(node);
    }
    for (auto& [seat, list_of_seat] : nodes) {
        std::sort(list_of_seat.begin(), list_of_seat.end());
    }
    return nodes;
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
            const Handle<udev_device> device{udev_monitor_receive_device(monitor.get())};
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

    void look() {
        ++scans;
        auto found = scan(context.get());
        if (!found) {
            log::error(found.error().message);
            look_later();
            return;
        }
        for (const model::SeatName& seat : seats) {
            std::vector<std::string> nodes = std::move((*found)[seat]);
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
    Handle<udev> context;
    Handle<udev_monitor> monitor; // goes before the context, and after the socket has let go of its descriptor
    boost::asio::posix::stream_descriptor socket;
    boost::asio::steady_timer timer;
    std::optional<std::chrono::steady_clock::time_point> first_event;
    Nodes known;
    std::uint64_t scans{0};
};

UdevDevices::UdevDevices(boost::asio::io_context& io, std::vector<model::SeatName> seats, Sink sink)
    : UdevDevices{io, std::move(seats), std::move(sink), Settle{}} {}

UdevDevices::UdevDevices(boost::asio::io_context& io, std::vector<model::SeatName> seats, Sink sink, Settle settle)
    : impl_{std::make_shared<Impl>(io, std::move(seats), std::move(sink), settle)} {}

UdevDevices::~UdevDevices() = default;

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
    if (udev_monitor_set_receive_buffer_size(monitor, receive_buffer) < 0) {
        log::notice("udev's socket keeps its small buffer (CAP_NET_ADMIN is missing): overruns are more likely");
    }
    if (const int error = udev_monitor_enable_receiving(monitor); error < 0) {
        return system_error("udev_monitor_enable_receiving", -error);
    }
    impl_->socket.assign(udev_monitor_get_fd(monitor));
    impl_->listen();
    boost::asio::post(impl_->socket.get_executor(), [weak = std::weak_ptr{impl_}] {
        if (const auto alive = weak.lock()) {
            alive->look();
        }
    });
    return {};
}

std::uint64_t UdevDevices::scans() const noexcept {
    return impl_->scans;
}

} // namespace berth::os
