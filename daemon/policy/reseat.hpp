#pragma once

#include "policy/ledger.hpp"

#include <optional>
#include <string>

/// When a desktop is taken down and brought up again by itself, because the devices are others than those that it was
/// brought up with. It is what there is that is compared, not what happened meanwhile: a dock that bounces causes at
/// most one re-seat for each state that it comes to rest in, and a re-seat never causes another.
namespace berth::policy {

struct DueReseat {
    std::string reason;           ///< one sentence
    model::Microseconds grace{0}; ///< how long the devices must stay so

    bool operator==(const DueReseat&) const = default;
};

/// Takes a desktop that is up down, and brings it up again, as a job; the seat has none.
model::JobId begin_reseat(Ledger& ledger, model::Seat& seat, const std::string& reason);

/// Whether what has changed since the bring-up wants a re-seat: a dock whose profile says so, or, in mode `vt`, a card:
/// Xorg takes none that comes later, and lives on without the one that it draws on.
[[nodiscard]] std::optional<DueReseat> due_reseat(const model::World& world, const model::Seat& seat);

/// What a desktop that is brought up now is brought up with.
[[nodiscard]] model::Equipment equipment_of(const model::World& world, const model::Seat& seat);

/// A desktop that is up, with which nothing else is done, waits for the re-seat that is due, or does not any more.
/// Called whenever either may have changed; `anew`: the devices have, and must stay as they are from now on.
void consider_reseat(Ledger& ledger, model::Seat& seat, bool anew = false);

/// The seat's desktop, in mode `logind`, is given the sound nodes that the seat has now.
void share_sound(Ledger& ledger, const model::Seat& seat);

/// The seat's timer ran out while no step was in flight: it is re-seated if that is due still.
void on_grace_over(Ledger& ledger, model::Seat& seat);

} // namespace berth::policy
