#pragma once

#include "base/strong_id.hpp"

#include <cstdint>
#include <string>

namespace berth::model {

/// A seat's name as logind spells it, e.g. "seat0" (sd-login(3)).
using SeatName = StrongId<struct SeatNameTag, std::string>;

/// A job's number, as in /org/berth/Berth1/jobs/N. Never reused before the next boot.
using JobId = StrongId<struct JobIdTag, std::uint64_t>;

/// A client container's name, as in /org/berth/Berth1/clients/NAME: 1 to 64 letters, digits, '_', '-' and '.', a letter
/// or digit first. Its container is "berth-client-NAME".
using ClientId = StrongId<struct ClientIdTag, std::string>;

/// Whatever has one timer, one watched process and one door: a seat or a client.
struct Subject {
    std::string value; ///< "seat0", "client/chrome-1"; no seat's name has a '/'

    Subject(const SeatName& seat) : value{seat.value} {} // NOLINT(*-explicit-*): either is one

    Subject(const ClientId& client) : value{std::string{"client/"} + client.value} {} // NOLINT(*-explicit-*)

    auto operator<=>(const Subject&) const = default;
};

/// Names one method call that waits for its reply.
using CallToken = StrongId<struct CallTokenTag, std::uint64_t>;

/// Counts the steps of one seat. A completion whose serial is not the seat's current one is stale.
using StepSerial = StrongId<struct StepSerialTag, std::uint64_t>;

/// CLOCK_MONOTONIC in microseconds; the policy's only idea of time, stamped on each event.
using Microseconds = std::int64_t;

} // namespace berth::model
