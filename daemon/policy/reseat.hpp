#pragma once

#include "policy/ledger.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

/// When a desktop is taken down and brought up again by itself, because the devices are others than those that it was
/// brought up with. It is what there is that is compared, not what happened meanwhile: a dock that bounces causes at
/// most one re-seat for each state that it comes to rest in, and a re-seat never causes another.
namespace berth::policy {

struct DueReseat {
    std::string reason;           ///< one sentence
    model::Microseconds grace{0}; ///< how long the devices must stay so

    /// The desktop has to say yes to it first.
    struct Ask {
        model::DockQuestion about;
        std::vector<std::string> command;
        std::map<std::string, std::string> environment;
        std::uint32_t limit_s{60};

        bool operator==(const Ask&) const = default;
    };

    std::optional<Ask> ask;

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

/// The seat's desktop, in mode `logind`, is given the sound and render nodes that the seat has now.
void share_nodes(Ledger& ledger, model::Seat& seat);

/// The seat's timer ran out while no step was in flight: it is re-seated if that is due still, or its desktop is told
/// of its docks, and asked.
void on_grace_over(Ledger& ledger, model::Seat& seat);

/// A desktop that says yes is re-seated if that is due still; one that says no, or nothing in time, is not asked again
/// while its docks are as they are.
void on_desktop_answered(Ledger& ledger, const model::DesktopAnswered& event);

} // namespace berth::policy
