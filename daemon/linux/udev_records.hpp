#pragma once

#include "base/result.hpp"
#include "udev_events/message.hpp"

#include <optional>
#include <string>

namespace berth::os {

/// udev's database of this host, RUN/data/ID, as clients may see it: a file a device (systemd,
/// src/libsystemd/sd-device/ sd-device.c, device_read_db_internal). Read at each call, a short system call or two; any
/// thread.
class UdevRecords {
  public:
    /// `folder`: udev's run-time folder.
    explicit UdevRecords(std::string folder = "/run/udev");

    /// What a client may see of a device's record (udev_events::record_for_client). `id`: "c226:128". Nothing where
    /// there is no record, or no udev. failed: it is a link or no regular file, is longer than any that is known
    /// (udev_events::longest_record), or changes faster than it can be read. invalid_argument: `id` is no device's.
    [[nodiscard]] Result<std::optional<std::string>> find(const std::string& id) const;

    /// The device as sysfs and its record have it now, as far as a client may know it: what an event would say of it.
    /// Nothing where it is not there, or has no record yet: udev is not through with it. libudev(3) for sysfs.
    [[nodiscard]] std::optional<udev_events::Device> device(const std::string& id) const;

    /// Makes the file `id` in the directory `folder` what find() says, or removes it where it says nothing or
    /// `shown` is false. Whole or not at all; what is right already is left alone.
    [[nodiscard]] Result<void> renew(int folder, const std::string& id, bool shown) const;

  private:
    std::string folder_;
};

} // namespace berth::os
