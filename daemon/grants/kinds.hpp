#pragma once

#include "grants/offer.hpp"

/// One function a kind, one file a function. `grant` has been parsed: its argument is well-formed.
namespace berth::grants {

Result<Offer> camera(const Surroundings& from);
Result<Offer> display(const model::Grant& grant, const Surroundings& from);
Result<Offer> gpu(const Surroundings& from);
Result<Offer> host();
Result<Offer> input(const Surroundings& from);
Result<Offer> ipc(const Surroundings& from);
Result<Offer> kvm(const Surroundings& from);
Result<Offer> machine_id(const Surroundings& from);
Result<Offer> pulse(const Surroundings& from);
Result<Offer> session_bus(const model::Grant& grant, const Surroundings& from);
Result<Offer> shm(const Surroundings& from);
Result<Offer> sound(const model::Grant& grant, const Surroundings& from);
Result<Offer> tmp(const Surroundings& from);
Result<Offer> tun(const Surroundings& from);
Result<Offer> usb(const model::Grant& grant, const Surroundings& from);

/// "Grant 'display': …"
Error lacking(const std::string& grant, const std::string& what);

/// The host side of the desktop's XDG_RUNTIME_DIR; an error where no desktop is up.
Result<std::string> runtime_of(const std::string& grant, const Surroundings& from);

/// A node below /dev that every seat has where the host has it, under `kind` in the door, with its path there in
/// `variable`. `node`: "net/tun".
Result<Offer> node_of_the_host(const std::string& kind, const std::string& node, const std::string& variable,
                               const model::SeatShares& shares);

/// Shows device nodes below /dev in the door's folder `folder`, under their own names there, and their records.
Offer nodes_in(const std::string& folder, const std::string& prefix, const std::vector<std::string>& nodes,
               const model::SeatShares& shares);

/// Shows the record that udev's database has of a node, where it has one.
void add_record(Offer& offer, const std::string& node, const model::SeatShares& shares);

} // namespace berth::grants
