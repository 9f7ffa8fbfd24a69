#pragma once

#include "grants/offer.hpp"
#include "model/world.hpp"
#include "ports/cdi_ports.hpp"
#include "ports/client_ports.hpp"
#include "ports/engine.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace berth::effects {

/// Keeps a CDI spec (cdi/spec.hpp) for each seat whose desktop is up, and none for the others. A view of the World, as
/// the D-Bus properties are: nothing is decided here. What the spec names lies in a door of its own a seat, which the
/// desktop cannot change; it is made anew with each desktop. One thread.
class CdiSpecs {
  public:
    struct Ports {
        ports::Engine& engine; ///< asked where the seat's /tmp volume is
        ports::SeatShares& shares;
        ports::ClientDoors& doors; ///< its own: below them are no doors of clients
        ports::CdiFiles& files;
    };

    /// All of `ports` outlive this, and so does the engine's last answer.
    explicit CdiSpecs(Ports ports) : ports_{ports} {}

    CdiSpecs(const CdiSpecs&) = delete;
    CdiSpecs& operator=(const CdiSpecs&) = delete;

    /// After each change of the World. What cannot be published is a warning in the journal.
    void follow(const model::World& world);

  private:
    /// What a spec was made for: another desktop, or other devices, is another one.
    struct Subject {
        std::string container;
        std::vector<std::string> devices;

        bool operator==(const Subject&) const = default;
    };

    struct Told {
        Subject subject; ///< without a container: no spec
        std::uint64_t serial{0};
    };

    void publish(const model::Seat& seat, std::uint64_t serial);
    void write(const grants::Surroundings& from);
    void withdraw(const model::SeatName& seat);

    Ports ports_;
    std::map<model::SeatName, Told> told_;
    std::uint64_t last_serial_{0};
};

} // namespace berth::effects
