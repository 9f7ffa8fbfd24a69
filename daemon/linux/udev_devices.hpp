#pragma once

#include "base/result.hpp"
#include "model/hardware.hpp"
#include "model/ids.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace berth::os {

/// The device nodes of each seat, as udev has them (libudev(3)): DRM cards, input event nodes and sound nodes whose
/// ID_SEAT is the seat's, or absent for seat0 (sd-login(3)), and the render nodes of the GPUs of those cards. An event
/// is only a hint where to look again: what is told is always read from sysfs and udev's database, first of the device
/// that changed and what is below it, and when it has been quiet for a while of all. One thread: the io_context's.
class UdevDevices {
  public:
    /// A seat's nodes now, sorted. Called for each seat after `start`, then when its list has changed; never from
    /// inside a call of this class.
    using Sink = std::function<void(const model::SeatName& seat, std::vector<std::string> nodes)>;

    /// The host's devices as a whole (read_hardware), in the same way.
    using HardwareSink = std::function<void(std::vector<model::Device> devices)>;

    /// How long it must be quiet after an event before what changed is read: `least` after one that comes alone, twice
    /// the longest pause between those that come in a row, `quiet` at most; not at all when a graphics card or its
    /// outputs have changed or gone, since somebody may look at a dark screen. How long a storm may put that off, which
    /// is also the pause after which an event comes alone; and how long after such a look all devices are read, if
    /// there is no other before.
    struct Settle {
        std::chrono::milliseconds quiet{150};
        std::chrono::milliseconds longest{1'000};
        std::chrono::milliseconds full_after{2'000};
        std::chrono::milliseconds least{25}; ///< no longer than `quiet`
    };

    UdevDevices(boost::asio::io_context& io, std::vector<model::SeatName> seats, Sink sink);
    UdevDevices(boost::asio::io_context& io, std::vector<model::SeatName> seats, Sink sink, Settle settle);
    UdevDevices(const UdevDevices&) = delete;
    UdevDevices& operator=(const UdevDevices&) = delete;
    ~UdevDevices();

    /// Listens to the "udev" netlink group with a buffer of 8 MiB; an overrun costs one more look. Call it once.
    Result<void> start();

    /// Tells a seat's nodes soon, again where they were told already, and their changes from then on.
    void follow(const model::SeatName& seat);

    /// Tells the host's devices from now on, the first time soon. To be called before `start`, once.
    void follow_hardware(HardwareSink sink);

    /// How often devices were read: once at the start, once for each quiet time after events, and all of them once more
    /// after that.
    [[nodiscard]] std::uint64_t scans() const noexcept;

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace berth::os
