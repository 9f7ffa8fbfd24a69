#pragma once

#include "explain/places.hpp"
#include "explain/processes.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace berth::explain {

/// Each DEV/dri/cardN, its seat by udev's database (RUN/udev/data, key ID_SEAT; "seat0" where it says nothing), who has
/// it open, and who is DRM master by SYS/kernel/debug/dri/N/clients. `gaps` gets the ones that cannot be asked.
std::vector<Card> read_cards(const Places& places, const Processes& processes, std::vector<Gap>& gaps);

/// Each DEV/input/eventN in the same way.
std::vector<Input> read_inputs(const Places& places, const Processes& processes);

/// The master in the text of a debugfs file "clients" (drivers/gpu/drm/drm_debugfs.c), whose columns differ from kernel
/// to kernel. Which process that is: who opened the card, or since Linux 6.8 who used it last, so that logind, which
/// opens cards for others, may be named instead of a compositor. `understood`: false when there is no such column.
std::optional<Process> master_in(std::string_view clients, bool& understood);

} // namespace berth::explain
