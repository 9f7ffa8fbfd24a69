#pragma once

#include "base/strong_id.hpp"

#include <cstdint>
#include <string>

namespace berth::model {

/// A seat's name as logind spells it, e.g. "seat0" (sd-login(3)).
using SeatName = StrongId<struct SeatNameTag, std::string>;

/// A job's number, as in /org/berth/Berth1/jobs/N. Never reused while berthd runs.
using JobId = StrongId<struct JobIdTag, std::uint64_t>;

/// Names one method call that waits for its reply.
using CallToken = StrongId<struct CallTokenTag, std::uint64_t>;

/// Counts the steps of one seat. A completion whose serial is not the seat's current one is stale.
using StepSerial = StrongId<struct StepSerialTag, std::uint64_t>;

/// CLOCK_MONOTONIC in microseconds; the policy's only idea of time, stamped on each event.
using Microseconds = std::int64_t;

} // namespace berth::model
