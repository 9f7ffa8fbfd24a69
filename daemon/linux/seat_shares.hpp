#pragma once

#include "base/result.hpp"
#include "linux/udev_records.hpp"
#include "ports/client_ports.hpp"

#include <map>
#include <string>

namespace berth::os {

/// ports::SeatShares of this host: cookies by desktop_cookies(), cameras and USB devices by udev_shares(), shared
/// memory by shared_memory(), and number, group and udev's record of every node that a grant may name: the seat's own,
/// those, /dev/kvm and /dev/net/tun. What is asked for is read at each call: a few short system calls on local file
/// systems each, but some hundred for cameras and USB devices, for which all of sysfs is looked through.
/// Why something could not be had is logged once, until the reason is another. One thread.
class SeatShares final : public ports::SeatShares {
  public:
    /// `udev_dir`: udev's run-time folder, of which the nodes' records are.
    explicit SeatShares(std::string runtime_dir, std::string udev_dir = "/run/udev");

    model::SeatShares find(const model::Seat& seat, const Kinds& kinds) override;
    model::SeatShares look(const model::Seat& seat) override;

  private:
    template <class T>
    T or_nothing(const model::SeatName& seat, const std::string& what, Result<T> found);
    void add_node(const model::SeatName& seat, model::SeatShares& shares, const std::string& path);
    void add_nodes(const model::Seat& seat, const Kinds& kinds, model::SeatShares& shares);
    model::SeatShares read(const model::Seat& seat, const Kinds& kinds);

    std::string runtime_dir_;
    UdevRecords records_;
    std::map<std::string, std::string> said_; ///< by the seat and what could not be had
};

} // namespace berth::os
