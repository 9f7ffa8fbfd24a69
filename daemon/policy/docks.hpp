#pragma once

#include "policy/ledger.hpp"

#include <vector>

/// What of the host's devices is a dock, and what its coming and going means to a seat.
namespace berth::policy {

/// The docks of a seat among the host's devices, sorted by identity and path.
///
/// A dock is the hub, Thunderbolt device or base that is nearest to the host, is not built in, and has behind it what
/// makes it more than a hub: a screen's card, sound or a network. (A Thunderbolt device or a base is one by itself.) A
/// USB 3 dock shows two hubs, one for each speed, on one plug: they are one dock, and the first by path names it. A
/// screen on a dock is driven by the PC's own card as a rule, so that nobody can say which dock it is plugged into: all
/// of the seat's may be any dock's.
[[nodiscard]] std::vector<model::Dock> docks_of(const std::vector<model::Device>& devices, const model::SeatName& seat);

/// The screens that are plugged into a seat's cards, sorted; none that is built in.
[[nodiscard]] std::vector<model::Display> displays_of(const std::vector<model::Device>& devices,
                                                      const model::SeatName& seat);

/// Each seat is told which docks it has, and DockChanged of each that came or went; then the profiles are read anew.
void on_hardware_changed(Ledger& ledger, const model::HardwareChanged& event);

/// The docks' profiles are there: each dock's is known, and a re-seat may be due.
void on_docks_read(Ledger& ledger, const model::DocksRead& event);

/// A seat that is new has the docks that are plugged in.
void find_docks(Ledger& ledger, model::Seat& seat);

} // namespace berth::policy
