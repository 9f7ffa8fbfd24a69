#pragma once

#include "model/effect.hpp"
#include "model/world.hpp"

#include <string>
#include <vector>

/// Values for tests: each builder gives a complete, plausible value that a test changes where it matters.
namespace berth::test {

inline const model::SeatName seat0{"seat0"};
inline const model::SeatName seat1{"seat1"};

/// A desktop's profile with every time limit different, so that a mixed-up one is noticed.
model::DesktopProfile a_profile(model::SeatMode mode = model::SeatMode::headless);

/// A host with virtual terminals and a DRM card.
model::HostFacts a_host();

/// What a step that succeeds reports.
model::StepFacts success_of(model::Step step);

/// A failure whose message names the step.
model::Failure failure_of(model::Step step, ErrorCode code = ErrorCode::failed);

/// A report of a restore that could not verify one terminal.
model::RestoreReport unverified();

/// Builds a World seat by seat, for tests that need one that no sequence of events is needed for.
class WorldBuilder {
  public:
    WorldBuilder();

    /// Adds a vacant seat and makes it the one that the next calls change.
    WorldBuilder& seat(const model::SeatName& name);
    WorldBuilder& in(model::SeatState state);
    WorldBuilder& with_plan(model::SeatMode mode);
    WorldBuilder& with_container(const std::string& id, std::int32_t pid);
    WorldBuilder& with_vt(model::VtClaim claim);
    WorldBuilder& with_door();
    WorldBuilder& shutting_down();

    [[nodiscard]] model::World build() const { return world_; }

  private:
    model::World world_;
    model::Seat* seat_{nullptr};
};

} // namespace berth::test
