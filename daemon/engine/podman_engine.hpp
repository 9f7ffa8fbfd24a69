#pragma once

#include "engine/podman_service.hpp"
#include "engine/rest_engine.hpp"

namespace berth::engine {

/// podman 4 or 5 by its own API, libpod v4.0.0, with a service of our own where nobody serves a socket.
class PodmanEngine final : public RestEngine {
  public:
    PodmanEngine(boost::asio::io_context& io, PodmanServiceOptions options);
};

} // namespace berth::engine
