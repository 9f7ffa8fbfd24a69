#pragma once

#include "engine/rest_engine.hpp"

#include <string>

namespace berth::engine {

/// dockerd, or podman's compatible API, by the Docker Engine API v1.41. Its service is never ours to start.
class DockerEngine final : public RestEngine {
  public:
    DockerEngine(boost::asio::io_context& io, std::string socket);
};

} // namespace berth::engine
