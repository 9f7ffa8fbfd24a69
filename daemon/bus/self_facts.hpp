#pragma once

#include "base/result.hpp"
#include "model/facts.hpp"

#include <systemd/sd-bus.h>

#include <cstddef>

namespace berth::bus {

/// How much a container may say of itself.
inline constexpr std::size_t max_facts = 32;
inline constexpr std::size_t max_fact_bytes = 256;

/// Reads an a{sv} whose values are strings, numbers or booleans, as text. invalid_argument: another type, or too much.
Result<model::SessionFacts> read_facts(sd_bus_message* message);

} // namespace berth::bus
