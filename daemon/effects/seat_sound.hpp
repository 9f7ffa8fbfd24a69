#pragma once

#include "effects/runner.hpp"

#include <string>
#include <vector>

/// The sound devices and render nodes of a desktop on the host's seat (mode `logind`). logind opens none: programs open
/// the nodes by themselves, so the desktop must see them and be allowed to.
namespace berth::effects {

/// The profile gives the desktop sound, and its mode is `logind`.
[[nodiscard]] bool has_sound(const model::Seat& seat);

/// The sound nodes that the desktop is to have: the seat's own, sorted.
[[nodiscard]] std::vector<std::string> sound_nodes_of(const model::Seat& seat);

/// Allows the container what came and shows it then, in this order: a program that sees a node opens it, and does not
/// try again. What is gone is hidden and forbidden. A failure is logged, and what is new is not shown.
void share_sound(const Ports& ports, const model::Seat& seat);

/// Allows the container the render nodes that came, and forbids it those that are gone. It sees them all: the host's
/// /dev/dri is bound into it as it is. A failure is logged.
void share_render(const Ports& ports, const model::Seat& seat, const model::ShareRender& share);

} // namespace berth::effects
