#pragma once

#include "ports/engine.hpp"

namespace berth::engine {

/// One engine with both of its ports: what containers are, and what comes out of them. Contracts: ports/engine.hpp.
class ContainerEngine : public ports::Engine, public ports::ContainerStreams {};

} // namespace berth::engine
