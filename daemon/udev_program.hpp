#pragma once

#include "base/unique_fd.hpp"

#include <string>

namespace berth {

/// berth-udev: tells client containers of the devices that they hold, as berthd orders by `orders`
/// (udev_relay::OrderSocket), until berthd has gone. Wires, decides nothing. One thread: it enters containers' network
/// namespaces. `udev_dir`: udev's run-time folder. Throws std::system_error where `orders` is no descriptor.
void run_udev(UniqueFd orders, const std::string& udev_dir);

} // namespace berth
