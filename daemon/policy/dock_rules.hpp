#pragma once

#include "model/hardware.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Which profile a dock has: the one that says most of it. Pure; `berth docks` shows it.
namespace berth::policy {

/// Whether `text` is what `pattern` says, "*" in which is any text, an empty one, too. At most as many steps as the
/// product of their lengths.
[[nodiscard]] bool is_like(std::string_view text, std::string_view pattern) noexcept;

/// Why a profile is not about a dock, one sentence; empty: it is.
[[nodiscard]] std::string misfit_of(const model::DockMatch& match, const model::Dock& dock);

/// How much a profile says of a dock that it is about; nothing where it is about others. Its identity says more than
/// a screen's, that more than a name, a name more than what is behind the dock; of two of a kind the longer text says
/// more ("*" says nothing, nor does what is beyond 255 bytes).
[[nodiscard]] std::optional<std::uint64_t> fit_of(const model::DockMatch& match, const model::Dock& dock);

/// The profile that fits best; of two that fit alike the first by name. Null: none does.
[[nodiscard]] const model::DockProfile* profile_of(const model::Dock& dock,
                                                   const std::vector<model::DockProfile>& profiles);

/// How long the devices must stay as they are before something is done for a dock of this profile.
[[nodiscard]] model::Microseconds grace_of(const model::DockProfile& profile) noexcept;

/// By identity: the same dock on another port is the same.
[[nodiscard]] bool holds(const std::vector<model::Dock>& docks, const model::Dock& dock);

} // namespace berth::policy
