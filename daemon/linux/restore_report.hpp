#pragma once

#include "base/result.hpp"
#include "model/facts.hpp"

#include <string_view>

namespace berth::os {

/// The line that berth-restore prints; failed when it is something else.
Result<model::RestoreReport> parse_restore_report(std::string_view line);

} // namespace berth::os
