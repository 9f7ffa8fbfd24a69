#pragma once

#include "explain/places.hpp"

#include <string>

namespace berth::explain {

/// Reads everything that there is to know of a seat; what berthd said is put with it, and names the terminals where no
/// lease does. Changes nothing, and waits for nobody longer than a second or two.
Facts read_facts(const Places& places, const std::string& seat, const Berthd& berthd);

} // namespace berth::explain
